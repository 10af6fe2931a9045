"""An LSTM that feeds back something else than it shows."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.biases import BiasInitializer, Forget
from rnnjax.cells.gated.lstm import LSTMState
from rnnjax.cells.gatedcell import GatedCell, GatedParams
from rnnjax.typing import Array


class MemoryControllerLSTMGates(NamedTuple):
    """Gates of `MemoryControllerLSTM`, `[..., H]` each."""

    i: Array
    f: Array
    g: Array
    o: Array
    m: Array


class MemoryControllerLSTM(GatedCell):
    """LSTM with a memory controller: a gate of its own for what is fed back.

        i_t, f_t, o_t, m_t = sigmoid(x_t w_x + h_{t-1} w_h + b)     in blocks i, f, o, m
        g_t = tanh(x_t w_x + h_{t-1} w_h + b)                       in block g
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = m_t * tanh(c_t),  y_t = o_t * tanh(c_t)

    Where blocks o and m are equal it is an `LSTM`. Libraries that call it MCLSTM do not mean the
    mass-conserving `MCLSTM`: nothing is conserved here.

    References:
        Ben-Ari & Shwartz-Ziv (2017), Sequence modeling using a memory controller extension for
        LSTM, NIPS time series workshop.

    Example:
        >>> from rnnjax import cells
        >>> cells.MemoryControllerLSTM(64)
        MemoryControllerLSTM(hidden=64)
    """

    blocks = ("i", "f", "g", "o", "m")
    state_type = LSTMState

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    bias_init: BiasInitializer = field(default=Forget(1.0), kw_only=True)

    def combine(
        self, params: GatedParams, state: LSTMState, u: Array, v: Array
    ) -> tuple[LSTMState, Array]:
        """Applies the gates."""
        i, f, g, o, m = self.gates(params, state, u, v)
        c = f * state.c + i * g
        shown = self.activation(c)
        return LSTMState(h=m * shown, c=c), o * shown

    def gates(
        self, params: GatedParams, state: LSTMState, u: Array, v: Array
    ) -> MemoryControllerLSTMGates:
        """Returns the values of the gates."""
        del params, state
        i, f, g, o, m = jnp.split(u + v, 5, axis=-1)
        gate = self.gate_activation
        return MemoryControllerLSTMGates(gate(i), gate(f), self.activation(g), gate(o), gate(m))
