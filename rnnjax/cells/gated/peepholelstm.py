"""LSTM whose gates look at the memory."""

from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.broadcast import repeat
from rnnjax.cells.gated.lstm import LSTM, LSTMGates, LSTMState
from rnnjax.typing import Array


class PeepholeLSTMParams(NamedTuple):
    """Parameters of `PeepholeLSTM`; the columns are four blocks of H: i, f, g, o."""

    w_x: Array  # [D, 4H]
    w_h: Array  # [H, 4H]
    b: Array  # [4H]
    p_i: Array  # [H]
    p_f: Array  # [H]
    p_o: Array  # [H]


class PeepholeLSTM(LSTM):
    """LSTM with peephole connections from the memory to the gates, one weight a unit.

        i_t = sigmoid(x_t w_x + h_{t-1} w_h + b + p_i * c_{t-1})    in block i
        f_t = sigmoid(x_t w_x + h_{t-1} w_h + b + p_f * c_{t-1})    in block f
        g_t = tanh(x_t w_x + h_{t-1} w_h + b)                       in block g
        c_t = f_t * c_{t-1} + i_t * g_t
        o_t = sigmoid(x_t w_x + h_{t-1} w_h + b + p_o * c_t)        in block o
        h_t = o_t * tanh(c_t),  y_t = h_t

    The peepholes start at zero, where this is an `LSTM`.

    References:
        Gers, Schraudolph & Schmidhuber (2002), Learning precise timing with LSTM recurrent
        networks, JMLR 3.

    Example:
        >>> from rnnjax import cells
        >>> cells.PeepholeLSTM(64)
        PeepholeLSTM(hidden=64, forget_bias=1.0)
    """

    params_type = PeepholeLSTMParams

    def combine(
        self, params: PeepholeLSTMParams, state: LSTMState, u: Array, v: Array
    ) -> tuple[LSTMState, Array]:
        """Applies the gates; the output gate sees the new memory."""
        gates, c = self._gates_and_memory(params, state, u, v)
        h = gates.o * self.activation(c)
        return LSTMState(h=h, c=c), h

    def gates(self, params: PeepholeLSTMParams, state: LSTMState, u: Array, v: Array) -> LSTMGates:
        """Returns the values of the gates."""
        return self._gates_and_memory(params, state, u, v)[0]

    def _gates_and_memory(
        self, params: PeepholeLSTMParams, state: LSTMState, u: Array, v: Array
    ) -> tuple[LSTMGates, Array]:
        i, f, g, o = jnp.split(u + v, 4, axis=-1)
        i = self.gate_activation(i + repeat(params.p_i, i) * state.c)
        f = self.gate_activation(f + repeat(params.p_f, f) * state.c)
        g = self.activation(g)
        c = f * state.c + i * g
        return LSTMGates(i, f, g, self.gate_activation(o + repeat(params.p_o, c) * c)), c
