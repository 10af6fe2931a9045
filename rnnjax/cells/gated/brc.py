"""The bistable recurrent cell: neurons with a memory of their own."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.gatedcell import DiagonalCell, GatedParams, GatedState
from rnnjax.cells.initializers import Initializer
from rnnjax.typing import Array


class BRCGates(NamedTuple):
    """Gates of `BRC` and `NBRC`, `[..., H]` each."""

    z: Array
    r: Array  # the paper's a, between 0 and 2
    n: Array


class BRC(DiagonalCell):
    """Bistable recurrent cell.

        z_t = sigmoid(x_t w_x + h_{t-1} * w_h + b)          in block z
        r_t = 1 + tanh(x_t w_x + h_{t-1} * w_h + b)         in block r
        n_t = tanh(x_t w_x + r_t * h_{t-1})                 in block n
        h_t = z_t * h_{t-1} + (1 - z_t) * n_t,  y_t = h_t

    The paper's c and a are z and r. Units see no other units: `w_h` is a vector, of blocks z and r
    and 1 at first. While `r_t` is above 1 a unit has two states that it keeps for ever, the
    solutions of `h = tanh(r h)`. The candidate has no bias and no weight on the state.

    References:
        Vecoven, Ernst & Drion (2021), A bio-inspired bistable recurrent cell allows for
        long-lasting memory, PLoS ONE 16, arXiv:2006.05252.

    Example:
        >>> from rnnjax import cells
        >>> cells.BRC(64)
        BRC(hidden=64)
    """

    blocks = ("z", "r", "n")
    recurrent_blocks = ("z", "r")
    biased_blocks = ("z", "r")

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    recurrent_init: Initializer = field(default=jax.nn.initializers.ones, kw_only=True)

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
        return bistable(self.activation, self.gate_activation, state.h, u, v)


def bistable(activation: Activation, gate: Activation, h: Array, u: Array, v: Array) -> BRCGates:
    """Returns the gates made of `u [..., 3H]` and `v [..., 2H]`.

    Example:
        >>> bistable(jnp.tanh, fast_sigmoid, jnp.zeros(2), jnp.zeros(6), jnp.zeros(4)).r.tolist()
        [1.0, 1.0]
    """
    z, r, n = jnp.split(u, 3, axis=-1)
    v_z, v_r = jnp.split(v, 2, axis=-1)
    r = 1 + activation(r + v_r)
    return BRCGates(z=gate(z + v_z), r=r, n=activation(n + r * h))
