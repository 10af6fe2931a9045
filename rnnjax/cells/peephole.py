"""LSTM whose gates look at the memory."""

from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import sigmoid
from rnnjax.cells.base import SplitCell
from rnnjax.cells.broadcast import affine, repeat
from rnnjax.cells.lstm import LSTM, LSTMState
from rnnjax.typing import Array, Key


class PeepholeLSTMParams(NamedTuple):
    """Parameters of `PeepholeLSTM`; the columns are four blocks of H: i, f, g, o."""

    w_x: Array  # [D, 4H]
    w_h: Array  # [H, 4H]
    b: Array  # [4H]
    p_i: Array  # [H]
    p_f: Array  # [H]
    p_o: Array  # [H]


class PeepholeLSTM(SplitCell):
    """LSTM with peephole connections from the memory to the gates, one weight a unit.

        i_t = sigmoid(x_t w_x + h_{t-1} w_h + b + p_i * c_{t-1})    in block i
        f_t = sigmoid(x_t w_x + h_{t-1} w_h + b + p_f * c_{t-1})    in block f
        g_t = tanh(x_t w_x + h_{t-1} w_h + b)                       in block g
        c_t = f_t * c_{t-1} + i_t * g_t
        o_t = sigmoid(x_t w_x + h_{t-1} w_h + b + p_o * c_t)        in block o
        h_t = o_t * tanh(c_t),  y_t = h_t

    References:
        Gers, Schraudolph & Schmidhuber (2002), Learning precise timing with LSTM recurrent
        networks, JMLR 3.
    """

    hidden: int
    forget_bias: float = 1.0

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> PeepholeLSTMParams:
        """Draws what `LSTM` draws; the peepholes start at zero, where both cells agree."""
        w_x, w_h, b = LSTM(self.hidden, self.forget_bias).init(key, input_dim)
        zeros = jnp.zeros(self.hidden)
        return PeepholeLSTMParams(w_x, w_h, b, p_i=zeros, p_f=zeros, p_o=zeros)

    def initial_state(
        self, params: PeepholeLSTMParams, batch_shape: tuple[int, ...] = ()
    ) -> LSTMState:
        """Zeros."""
        zeros = jnp.zeros((*batch_shape, self.hidden), params.w_h.dtype)
        return LSTMState(h=zeros, c=zeros)

    def project(self, params: PeepholeLSTMParams, x: Array) -> Array:
        """Returns `x w_x + b`, `[..., 4H]`."""
        return affine(x, params.w_x, params.b)

    def recur(self, params: PeepholeLSTMParams, state: LSTMState) -> Array:
        """Returns `h w_h`, `[..., 4H]`."""
        return state.h @ params.w_h

    def combine(
        self, params: PeepholeLSTMParams, state: LSTMState, u: Array, v: Array
    ) -> tuple[LSTMState, Array]:
        """Applies the gates; the output gate sees the new memory."""
        i, f, g, o = jnp.split(u + v, 4, axis=-1)
        i = sigmoid(i + repeat(params.p_i, i) * state.c)
        f = sigmoid(f + repeat(params.p_f, f) * state.c)
        c = f * state.c + i * jnp.tanh(g)
        h = sigmoid(o + repeat(params.p_o, c) * c) * jnp.tanh(c)
        return LSTMState(h=h, c=c), h
