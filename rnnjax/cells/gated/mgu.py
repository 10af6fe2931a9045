"""The minimal gated unit, with one product a step."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.gatedcell import GatedCell, GatedParams, GatedState
from rnnjax.typing import Array


class MGUGates(NamedTuple):
    """Gates of `MGU` and `MGUResetBefore`, `[..., H]` each."""

    f: Array
    n: Array


class MGU(GatedCell):
    """Minimal gated unit that resets *after* the recurrent product.

        f_t = sigmoid(x_t w_x + h_{t-1} w_h + b)            in block i
        n_t = tanh(x_t w_x + b + f_t * (h_{t-1} w_h))       in block n
        h_t = (1 - f_t) * h_{t-1} + f_t * n_t,  y_t = h_t

    The paper resets before the product, which is `MGUResetBefore`; this form is to it as `GRU` is
    to `GRUResetBefore`, and one product a step. The paper's forget gate writes where it is open,
    so its block is named i for the initializers. Flax's `MGUCell` writes where it is closed, which
    is another function.

    References:
        Zhou, Wu, Zhang & Zhou (2016), Minimal gated unit for recurrent neural networks,
        International Journal of Automation and Computing 13, arXiv:1603.09420, section 3.

    Example:
        >>> from rnnjax import cells
        >>> cells.MGU(64)
        MGU(hidden=64)
    """

    blocks = ("i", "n")

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the gates."""
        f, n = self.gates(params, state, u, v)
        h = (1 - f) * state.h + f * n
        return GatedState(h), h

    def gates(self, params: GatedParams, state: GatedState, u: Array, v: Array) -> MGUGates:
        """Returns the values of the gates."""
        del params, state
        u_f, u_n = jnp.split(u, 2, axis=-1)
        v_f, v_n = jnp.split(v, 2, axis=-1)
        f = self.gate_activation(u_f + v_f)
        return MGUGates(f, self.activation(u_n + f * v_n))
