"""The minimal gated unit, as its paper has it."""

from dataclasses import field

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.gatedcell import BlockCell, GatedParams, GatedState
from rnnjax.typing import Array


class MGUResetBefore(BlockCell):
    """Minimal gated unit that resets *before* the recurrent product: the paper's.

        f_t = sigmoid(x_t w_x + h_{t-1} w_h + b)            in block i
        n_t = tanh(x_t w_x + (f_t * h_{t-1}) w_h + b)       in block n
        h_t = (1 - f_t) * h_{t-1} + f_t * n_t,  y_t = h_t

    The candidate's product waits for the gate, so this is a `Cell` and no `SplitCell`. The gate
    writes where it is open; see `MGU`.

    References:
        Zhou, Wu, Zhang & Zhou (2016), Minimal gated unit for recurrent neural networks,
        International Journal of Automation and Computing 13, arXiv:1603.09420, section 3.

    Example:
        >>> from rnnjax import cells
        >>> cells.MGUResetBefore(64)
        MGUResetBefore(hidden=64)
    """

    blocks = ("i", "n")

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def step(self, params: GatedParams, state: GatedState, x_t: Array) -> tuple[GatedState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        w_f, w_n = jnp.split(params.w_h, 2, axis=-1)
        u_f, u_n = jnp.split(self.project(params, x_t), 2, axis=-1)
        f = self.gate_activation(u_f + state.h @ w_f)
        n = self.activation(u_n + (f * state.h) @ w_n)
        h = (1 - f) * state.h + f * n
        return GatedState(h), h
