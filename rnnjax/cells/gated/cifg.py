"""LSTM that forgets as much as it writes."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.gated.lstm import LSTMState
from rnnjax.cells.gatedcell import GatedCell, GatedParams
from rnnjax.typing import Array


class CIFGGates(NamedTuple):
    """Gates of `CIFG`, `[..., H]` each."""

    i: Array
    g: Array
    o: Array


class CIFG(GatedCell):
    """LSTM with coupled input and forget gates.

        i_t, o_t = sigmoid(x_t w_x + h_{t-1} w_h + b)           in blocks i, o
        g_t = tanh(x_t w_x + h_{t-1} w_h + b)                   in block g
        c_t = (1 - i_t) * c_{t-1} + i_t * g_t
        h_t = o_t * tanh(c_t),  y_t = h_t

    An `LSTM` whose forget gate has the input gate's weights and bias with the other sign; `|c|`
    stays below 1. TensorFlow's cell learns `f = 1 - i` instead and adds 1 to its bias at each step,
    so its `b_f` is `-b - 1` in block i here. All variants of the paper's study have peepholes, this
    one has none. To remember at first, the input gate's bias starts below zero:
    `bias_init=Chrono(t_max)`.

    References:
        Greff, Srivastava, Koutník, Steunebrink & Schmidhuber (2017), LSTM: a search space odyssey,
        IEEE Transactions on Neural Networks and Learning Systems 28, arXiv:1503.04069, section 3.

    Example:
        >>> from rnnjax import cells
        >>> cells.CIFG(64, bias_init=cells.Chrono(100))
        CIFG(hidden=64, bias_init=Chrono(t_max=100))
    """

    blocks = ("i", "g", "o")
    state_type = LSTMState

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def combine(
        self, params: GatedParams, state: LSTMState, u: Array, v: Array
    ) -> tuple[LSTMState, Array]:
        """Applies the gates."""
        i, g, o = self.gates(params, state, u, v)
        c = (1 - i) * state.c + i * g
        h = o * self.activation(c)
        return LSTMState(h=h, c=c), h

    def gates(self, params: GatedParams, state: LSTMState, u: Array, v: Array) -> CIFGGates:
        """Returns the values of the gates."""
        del params, state
        i, g, o = jnp.split(u + v, 3, axis=-1)
        gate = self.gate_activation
        return CIFGGates(i=gate(i), g=self.activation(g), o=gate(o))
