"""A gate between what is held and the input, in two matrices of it and one of the state."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.gatedcell import GatedCell, GatedParams, GatedState
from rnnjax.typing import Array


class LightRUGates(NamedTuple):
    """Gates of `LightRU`, `[..., H]` each."""

    f: Array
    n: Array


class LightRU(GatedCell):
    """Light recurrent unit: a forget gate, and a candidate of the input alone.

        f_t = sigmoid(x_t w_x + h_{t-1} w_h + b)        in block i
        n_t = tanh(x_t w_x)                             in block n
        h_t = (1 - f_t) * h_{t-1} + f_t * n_t,  y_t = h_t

    The paper's LRU, which is not the linear one. `w_h` and `b` have the gate's block alone. The
    forget gate writes where it is open, so its block is named i for the initializers.

    References:
        Ye et al. (2024), Light recurrent unit: towards an interpretable recurrent neural network
        for modeling long-range dependency, Electronics 13, 3204.

    Example:
        >>> from rnnjax import cells
        >>> cells.LightRU(64)
        LightRU(hidden=64)
    """

    blocks = ("i", "n")
    recurrent_blocks = ("i",)
    biased_blocks = ("i",)

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the gates."""
        f, n = self.gates(params, state, u, v)
        h = (1 - f) * state.h + f * n
        return GatedState(h), h

    def gates(self, params: GatedParams, state: GatedState, u: Array, v: Array) -> LightRUGates:
        """Returns the values of the gates."""
        del params, state
        f, n = jnp.split(u, 2, axis=-1)
        return LightRUGates(f=self.gate_activation(f + v), n=self.activation(n))
