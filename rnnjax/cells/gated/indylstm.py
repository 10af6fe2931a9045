"""LSTM whose units do not see each other."""

from rnnjax.cells.gated.lstm import LSTM, LSTMParams
from rnnjax.cells.gatedcell import DiagonalCell


class IndyLSTMParams(LSTMParams):
    """Parameters of `IndyLSTM`: `w_x [D, 4H]`, `w_h [4H]`, `b [4H]`; blocks i, f, g, o."""


class IndyLSTM(DiagonalCell, LSTM):
    """Independently recurrent LSTM: each recurrent matrix is a vector.

        i_t, f_t, o_t = sigmoid(x_t w_x + h_{t-1} * w_h + b)    in blocks i, f, o
        g_t = tanh(x_t w_x + h_{t-1} * w_h + b)                 in block g
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * tanh(c_t),  y_t = h_t

    The authors add a forget bias of 1 at each step; here `b` starts at it, as in `LSTM`.

    References:
        Gonnet & Deselaers (2019), IndyLSTMs: independently recurrent LSTMs, arXiv:1903.08023.

    Example:
        >>> from rnnjax import cells
        >>> cells.IndyLSTM(64)
        IndyLSTM(hidden=64, forget_bias=1.0)
    """

    params_type = IndyLSTMParams
