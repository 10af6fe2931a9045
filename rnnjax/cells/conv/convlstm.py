"""LSTM of images."""

from dataclasses import field
from typing import NamedTuple

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.biases import BiasInitializer, Forget
from rnnjax.cells.conv.imagecell import ImageCell
from rnnjax.cells.gated.lstm import LSTMGates, LSTMState
from rnnjax.cells.gated.peepholelstm import peep
from rnnjax.typing import Array


class ConvLSTMParams(NamedTuple):
    """Parameters of `ConvLSTM`, N = rows * columns * H; blocks i, f, g, o."""

    w_x: Array  # [k, k, C, 4H]
    w_h: Array  # [k, k, H, 4H]
    b: Array  # [4H]
    p_i: Array  # [N]
    p_f: Array  # [N]
    p_o: Array  # [N]


class ConvLSTM(ImageCell):
    """Convolutional LSTM, with peephole connections of one weight a channel and pixel.

        i_t = sigmoid(W_x * x_t + W_h * h_{t-1} + b + p_i c_{t-1})      in block i
        f_t = sigmoid(W_x * x_t + W_h * h_{t-1} + b + p_f c_{t-1})      in block f
        g_t = tanh(W_x * x_t + W_h * h_{t-1} + b)                       in block g
        c_t = f_t c_{t-1} + i_t g_t
        o_t = sigmoid(W_x * x_t + W_h * h_{t-1} + b + p_o c_t)          in block o
        h_t = o_t tanh(c_t),  y_t = h_t

    `*` is a convolution and the other products are elementwise. `hidden` is the channels of the
    state, images are flat vectors, see `ImageCell`. The peepholes are the paper's; they start at
    zero, and most libraries leave them out.

    References:
        Shi, Chen, Wang, Yeung, Wong & Woo (2015), Convolutional LSTM network: a machine learning
        approach for precipitation nowcasting, NIPS, arXiv:1506.04214, eq. 3.

    Example:
        >>> from rnnjax import cells
        >>> cells.ConvLSTM(16, image=(64, 64), kernel=5)
        ConvLSTM(hidden=16, image=(64, 64), kernel=5)
    """

    blocks = ("i", "f", "g", "o")
    params_type = ConvLSTMParams
    state_type = LSTMState

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    bias_init: BiasInitializer = field(default=Forget(1.0), kw_only=True)

    def combine(
        self, params: ConvLSTMParams, state: LSTMState, u: Array, v: Array
    ) -> tuple[LSTMState, Array]:
        """Applies the gates; the output gate sees the new memory."""
        gates, c = peep(self.activation, self.gate_activation, params, u + v, state.c)
        h = gates.o * self.activation(c)
        return LSTMState(h=h, c=c), h

    def gates(self, params: ConvLSTMParams, state: LSTMState, u: Array, v: Array) -> LSTMGates:
        """Returns the values of the gates."""
        return peep(self.activation, self.gate_activation, params, u + v, state.c)[0]
