"""An LSTM whose gates look at the whole memory."""

from dataclasses import field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.biases import BiasInitializer, Forget
from rnnjax.cells.gated.lstm import LSTMState
from rnnjax.cells.gatedcell import BlockCell
from rnnjax.cells.initializers import gate_blocks
from rnnjax.typing import Array, Key


class WMCLSTMParams(NamedTuple):
    """Parameters of `WMCLSTM`; the columns of the first three are blocks i, f, g, o."""

    w_x: Array  # [D, 4H]
    w_h: Array  # [H, 4H]
    b: Array  # [4H]
    w_if: Array  # [H, 2H], of the old memory
    w_o: Array  # [H, H], of the new one


class WMCLSTM(BlockCell):
    """LSTM with working memory connections: protected, full-matrix peepholes.

        i_t, f_t = sigmoid(x_t w_x + h_{t-1} w_h + tanh(c_{t-1} w_if) + b)  in blocks i, f
        g_t = tanh(x_t w_x + h_{t-1} w_h + b)                               in block g
        c_t = f_t * c_{t-1} + i_t * g_t
        o_t = sigmoid(x_t w_x + h_{t-1} w_h + tanh(c_t w_o) + b)            in block o
        h_t = o_t * tanh(c_t),  y_t = h_t

    The output gate's product waits for the new memory, so this is a `Cell` and no `SplitCell`. The
    memory moves what a gate's sigmoid sees by less than 1. Some libraries have a bias inside the
    inner tanh.

    References:
        Landi, Baraldi, Cornia & Cucchiara (2021), Working memory connections for LSTM, Neural
        Networks 144, arXiv:2109.00020.

    Example:
        >>> from rnnjax import cells
        >>> cells.WMCLSTM(64)
        WMCLSTM(hidden=64)
    """

    blocks = ("i", "f", "g", "o")
    state_type = LSTMState

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    bias_init: BiasInitializer = field(default=Forget(1.0), kw_only=True)

    def init(self, key: Key, input_dim: int) -> Any:
        """Draws weights block by block with the initializers."""
        params = super().init(key, input_dim)
        key = jax.random.fold_in(key, 3)
        w_c = gate_blocks(self.recurrent_init, key, self.hidden, self.hidden, 3)
        return WMCLSTMParams(*params, *jnp.split(w_c, [2 * self.hidden], axis=-1))

    def step(self, params: WMCLSTMParams, state: LSTMState, x_t: Array) -> tuple[LSTMState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        z = self.project(params, x_t) + state.h @ params.w_h
        i, f, g, o = jnp.split(z, 4, axis=-1)
        m_i, m_f = jnp.split(self.activation(state.c @ params.w_if), 2, axis=-1)
        i, f = self.gate_activation(i + m_i), self.gate_activation(f + m_f)
        c = f * state.c + i * self.activation(g)
        o = self.gate_activation(o + self.activation(c @ params.w_o))
        h = o * self.activation(c)
        return LSTMState(h=h, c=c), h
