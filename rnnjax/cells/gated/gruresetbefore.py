"""Gated recurrent unit, as its paper has it."""

from dataclasses import field

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.gated.gru import GRUState
from rnnjax.cells.gatedcell import BlockCell, GatedParams
from rnnjax.typing import Array


class GRUResetBeforeParams(GatedParams):
    """Parameters of `GRUResetBefore`: `w_x [D, 3H]`, `w_h [H, 3H]`, `b [3H]`; blocks r, z, n."""


class GRUResetBefore(BlockCell):
    """Gated recurrent unit that resets *before* the recurrent product.

        r_t, z_t = sigmoid(x_t w_x + h_{t-1} w_h + b)           in blocks r, z
        n_t = tanh(x_t w_x + (r_t * h_{t-1}) w_h + b)           in block n
        h_t = (1 - z_t) * n_t + z_t * h_{t-1},  y_t = h_t

    The candidate's product waits for the reset gate, so this is a `Cell` and no `SplitCell`.

    References:
        Cho et al. (2014), Learning phrase representations using RNN encoder-decoder for
        statistical machine translation, EMNLP, eqs. 5-8.

    Example:
        >>> from rnnjax import cells
        >>> cells.GRUResetBefore(64, bias_init=cells.Chrono(100))
        GRUResetBefore(hidden=64, bias_init=Chrono(t_max=100))
    """

    blocks = ("r", "z", "n")
    params_type = GRUResetBeforeParams
    state_type = GRUState

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def step(
        self, params: GRUResetBeforeParams, state: GRUState, x_t: Array
    ) -> tuple[GRUState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        w_rz, w_n = jnp.split(params.w_h, [2 * self.hidden], axis=-1)
        u_r, u_z, u_n = jnp.split(self.project(params, x_t), 3, axis=-1)
        v_r, v_z = jnp.split(state.h @ w_rz, 2, axis=-1)
        r = self.gate_activation(u_r + v_r)
        z = self.gate_activation(u_z + v_z)
        n = self.activation(u_n + (r * state.h) @ w_n)
        h = (1 - z) * n + z * state.h
        return GRUState(h), h
