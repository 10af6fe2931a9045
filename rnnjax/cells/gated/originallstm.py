"""Long short-term memory before it forgot."""

from dataclasses import field
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.gated.lstm import LSTMState
from rnnjax.cells.gatedcell import GatedCell, GatedParams
from rnnjax.typing import Array


class OriginalLSTMGates(NamedTuple):
    """Gates of `OriginalLSTM`, `[..., H]` each."""

    i: Array
    g: Array
    o: Array


class OriginalLSTM(GatedCell):
    """Long short-term memory of 1997, without a forget gate.

        i_t, o_t = sigmoid(x_t w_x + h_{t-1} w_h + b)           in blocks i, o
        g_t = s * tanh((x_t w_x + h_{t-1} w_h + b) / s)         in block g
        c_t = c_{t-1} + i_t * g_t
        h_t = o_t * tanh(c_t / s),  y_t = h_t

    `s` is `scale`. At 1 the squashings are those of later LSTMs; at 2 they are the paper's, of the
    logistic function: `4 sigmoid(z) - 2` for what is written, `2 sigmoid(c) - 1` for what is shown.
    The memory has no bound, it grows by up to `s` a step. The paper lets several units share their
    gates, starts the gates' biases below zero and cuts gradients off at the gates; here each unit
    has its own, biases start at zero and gradients are whole.

    References:
        Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9.

    Example:
        >>> from rnnjax import cells
        >>> cells.OriginalLSTM(64, scale=2.0)
        OriginalLSTM(hidden=64, scale=2.0)
    """

    blocks = ("i", "g", "o")
    state_type = LSTMState

    scale: float = field(default=1.0, kw_only=True)
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses scales that are none.

        Raises:
            ValueError: if `scale` is not above 0.
        """
        super().__post_init__()
        if not self.scale > 0:
            raise ValueError(f"{self}: scale must be above 0")

    def combine(
        self, params: GatedParams, state: LSTMState, u: Array, v: Array
    ) -> tuple[LSTMState, Array]:
        """Applies the gates."""
        i, g, o = self.gates(params, state, u, v)
        c = state.c + i * g
        h = o * self.activation(c / self.scale)
        return LSTMState(h=h, c=c), h

    def gates(self, params: GatedParams, state: LSTMState, u: Array, v: Array) -> OriginalLSTMGates:
        """Returns the values of the gates."""
        del params, state
        i, g, o = jnp.split(u + v, 3, axis=-1)
        g = self.scale * self.activation(g / self.scale)
        return OriginalLSTMGates(i=self.gate_activation(i), g=g, o=self.gate_activation(o))
