"""LSTM whose recurrent matrices depend on the input."""

from dataclasses import field
from typing import NamedTuple

import jax

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.biases import BiasInitializer, Forget
from rnnjax.cells.gated.lstm import LSTMState, memorize
from rnnjax.cells.gated.multiplicativernn import factors
from rnnjax.cells.gatedcell import BlockCell
from rnnjax.typing import Array, Key


class MultiplicativeLSTMParams(NamedTuple):
    """Parameters of `MultiplicativeLSTM`; the columns are four blocks of H: i, f, g, o."""

    w_x: Array  # [D, 4H]
    w_h: Array  # [H, 4H], from the factors
    b: Array  # [4H]
    w_mx: Array  # [D, H]
    w_mh: Array  # [H, H]


class MultiplicativeLSTM(BlockCell):
    """Multiplicative LSTM: the gates see the state through factors that the input scales.

        m_t = (x_t w_mx) * (h_{t-1} w_mh)
        i_t, f_t, o_t = sigmoid(x_t w_x + m_t w_h + b)      in blocks i, f, o
        g_t = tanh(x_t w_x + m_t w_h + b)                   in block g
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * tanh(c_t),  y_t = h_t

    This is the authors' later code; that of their first experiments has a candidate without tanh
    and bias, and `h_t = tanh(o_t * c_t + b)`. It is no `MLSTM`, the matrix memory of another paper.
    The product with `w_h` waits for the factors, so this is a `Cell` and no `SplitCell`.

    References:
        Krause, Lu, Murray & Renals (2016), Multiplicative LSTM for sequence modelling,
        arXiv:1609.07959.

    Example:
        >>> from rnnjax import cells
        >>> cells.MultiplicativeLSTM(64)
        MultiplicativeLSTM(hidden=64)
    """

    blocks = ("i", "f", "g", "o")
    params_type = MultiplicativeLSTMParams
    state_type = LSTMState

    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    bias_init: BiasInitializer = field(default=Forget(1.0), kw_only=True)

    def init(self, key: Key, input_dim: int) -> MultiplicativeLSTMParams:
        """Draws weights block by block with the initializers."""
        key, key_mx, key_mh = jax.random.split(key, 3)
        return (
            super()
            .init(key, input_dim)
            ._replace(
                w_mx=self.input_init(key_mx, (input_dim, self.hidden)),
                w_mh=self.recurrent_init(key_mh, (self.hidden, self.hidden)),
            )
        )

    def step(
        self, params: MultiplicativeLSTMParams, state: LSTMState, x_t: Array
    ) -> tuple[LSTMState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        m = factors(params.w_mx, params.w_mh, x_t, state.h)
        z = self.project(params, x_t) + m @ params.w_h
        h, c = memorize(self.activation, self.gate_activation, z, state.c)
        return LSTMState(h=h, c=c), h
