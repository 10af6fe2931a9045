"""The bistable recurrent cell whose gates see all units."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.gatedcell import GatedCell, GatedParams, GatedState
from rnnjax.cells.initializers import Glorot, Initializer
from rnnjax.typing import Array


class BRCGates(NamedTuple):
    """Gates of `BRC` and `NBRC`, `[..., H]` each."""

    z: Array
    r: Array  # the paper's a, between 0 and 2
    n: Array


class NBRC(GatedCell):
    """Recurrently neuromodulated bistable cell.

        z_t = sigmoid(x_t w_x + h_{t-1} w_h + b)            in block z
        r_t = 1 + tanh(x_t w_x + h_{t-1} w_h + b)           in block r
        n_t = tanh(x_t w_x + r_t * h_{t-1})                 in block n
        h_t = z_t * h_{t-1} + (1 - z_t) * n_t,  y_t = h_t

    A `BRC` with a matrix `w_h [H, 2H]` where that has a vector: units see each other by the gates.

    References:
        Vecoven, Ernst & Drion (2021), A bio-inspired bistable recurrent cell allows for
        long-lasting memory, PLoS ONE 16, arXiv:2006.05252.

    Example:
        >>> from rnnjax import cells
        >>> cells.NBRC(64)
        NBRC(hidden=64)
    """

    blocks = ("z", "r", "n")
    recurrent_blocks = ("z", "r")
    biased_blocks = ("z", "r")

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    recurrent_init: Initializer = field(default=Glorot(), kw_only=True)

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the gates."""
        z, _, n = self.gates(params, state, u, v)
        h = z * state.h + (1 - z) * n
        return GatedState(h), h

    def gates(self, params: GatedParams, state: GatedState, u: Array, v: Array) -> BRCGates:
        """Returns the values of the gates."""
        del params
        z, r, n = jnp.split(u, 3, axis=-1)
        v_z, v_r = jnp.split(v, 2, axis=-1)
        r = 1 + self.activation(r + v_r)
        n = self.activation(n + r * state.h)
        return BRCGates(z=self.gate_activation(z + v_z), r=r, n=n)
