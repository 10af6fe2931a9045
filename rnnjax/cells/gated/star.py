"""A cell of one gate, made to be stacked."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.gatedcell import GatedCell, GatedParams, GatedState
from rnnjax.cells.initializers import Initializer, Orthogonal
from rnnjax.typing import Array


class STARGates(NamedTuple):
    """Gates of `STAR`, `[..., H]` each."""

    n: Array
    i: Array


class STAR(GatedCell):
    """Stackable recurrent cell.

        n_t = tanh(x_t w_x + b)                             in block n
        i_t = sigmoid(x_t w_x + h_{t-1} w_h + b)            in block i
        h_t = tanh((1 - i_t) * h_{t-1} + i_t * n_t),  y_t = h_t

    The paper's z and K are n and i; `w_h` has block i alone. The authors' code has a gate that
    keeps, so that its weights have the other sign in block i, and writes `1 - sigmoid(a - 1)` of
    the candidate where the gate's map is `a`: keeping and writing add up to as much as 1.24 there,
    to 1 in the paper and here. It starts with `bias_init=Chrono(784)` whatever the sequences.

    References:
        Turkoglu, D'Aronco, Wegner & Schindler (2019), Gating revisited: deep multi-layer RNNs that
        can be trained, IEEE TPAMI 2021, arXiv:1911.11033.

    Example:
        >>> from rnnjax import cells
        >>> cells.STAR(64, bias_init=cells.Chrono(784))
        STAR(hidden=64, bias_init=Chrono(t_max=784))
    """

    blocks = ("n", "i")
    recurrent_blocks = ("i",)
    plain_candidate = False  # the activation is of the state that is kept as well

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    input_init: Initializer = field(default=Orthogonal(), kw_only=True)

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the gates."""
        n, i = self.gates(params, state, u, v)
        h = self.activation((1 - i) * state.h + i * n)
        return GatedState(h), h

    def gates(self, params: GatedParams, state: GatedState, u: Array, v: Array) -> STARGates:
        """Returns the values of the gates."""
        del params, state
        n, i = jnp.split(u, 2, axis=-1)
        return STARGates(n=self.activation(n), i=self.gate_activation(i + v))
