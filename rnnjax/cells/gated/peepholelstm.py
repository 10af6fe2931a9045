"""LSTM whose gates look at the memory."""

from typing import Any, NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation
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
        gates, c = peep(self.activation, self.gate_activation, params, u + v, state.c)
        h = gates.o * self.activation(c)
        return LSTMState(h=h, c=c), h

    def gates(self, params: PeepholeLSTMParams, state: LSTMState, u: Array, v: Array) -> LSTMGates:
        """Returns the values of the gates."""
        return peep(self.activation, self.gate_activation, params, u + v, state.c)[0]


def peep(
    activation: Activation, gate: Activation, params: Any, z: Array, c: Array
) -> tuple[LSTMGates, Array]:
    """Maps `u + v [..., 4H]` and `c_{t-1} [..., H]` to the gates and to `c_t`.

    `params` have the peepholes `p_i`, `p_f` and `p_o`.

    Example:
        >>> from rnnjax.cells import sigmoid
        >>> p = PeepholeLSTMParams(None, None, None, *jnp.zeros((3, 2)))
        >>> gates, c = peep(jnp.tanh, sigmoid, p, jnp.zeros(8), jnp.ones(2))
        >>> c.tolist()
        [0.5, 0.5]
    """
    i, f, g, o = jnp.split(z, 4, axis=-1)
    i = gate(i + repeat(params.p_i, i) * c)
    f = gate(f + repeat(params.p_f, f) * c)
    g = activation(g)
    c = f * c + i * g
    return LSTMGates(i, f, g, gate(o + repeat(params.p_o, c) * c)), c
