"""LSTM whose input and state scale each other before the step."""

from dataclasses import field
from typing import NamedTuple

import jax

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.biases import BiasInitializer, Forget
from rnnjax.cells.gated.lstm import LSTMState, memorize
from rnnjax.cells.gatedcell import BlockCell
from rnnjax.typing import Array, Key


class MogrifierLSTMParams(NamedTuple):
    """Parameters of `MogrifierLSTM`; the columns are four blocks of H: i, f, g, o."""

    w_x: Array  # [D, 4H]
    w_h: Array  # [H, 4H]
    b: Array  # [4H]
    q: tuple[Array, ...]  # [H, D] each, of rounds 1, 3, 5, ...
    r: tuple[Array, ...]  # [D, H] each, of rounds 2, 4, 6, ...


class MogrifierLSTM(BlockCell):
    """Mogrifier LSTM: an LSTM whose input and state have scaled each other in turn.

        x <- 2 sigmoid(h q) * x         in rounds 1, 3, 5, ...
        h <- 2 sigmoid(x r) * h         in rounds 2, 4, 6, ...
        i_t, f_t, o_t = sigmoid(x w_x + h w_h + b)      in blocks i, f, o
        g_t = tanh(x w_x + h w_h + b)                   in block g
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * tanh(c_t),  y_t = h_t

    from `x_t` and `h_{t-1}`, with matrices of its own for each round; the memory is not scaled.
    Where all `q` and `r` are zero this is an `LSTM`. The authors' code adds a bias in each round
    and writes at most `1 - f_t`, which the paper does not print. It is a `Cell` and no `SplitCell`.

    References:
        Melis, Kočiský & Blunsom (2020), Mogrifier LSTM, ICLR, arXiv:1909.01792.

    Example:
        >>> from rnnjax import cells
        >>> cells.MogrifierLSTM(64, rounds=6)
        MogrifierLSTM(hidden=64, rounds=6)
    """

    blocks = ("i", "f", "g", "o")
    params_type = MogrifierLSTMParams
    state_type = LSTMState

    rounds: int = 5
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)
    bias_init: BiasInitializer = field(default=Forget(1.0), kw_only=True)

    def init(self, key: Key, input_dim: int) -> MogrifierLSTMParams:
        """Draws weights with the initializers, those of a round as those of the input."""
        key, *keys = jax.random.split(key, 1 + self.rounds)
        own = super().init(key, input_dim)
        return own._replace(
            q=tuple(self.input_init(k, (self.hidden, input_dim)) for k in keys[0::2]),
            r=tuple(self.input_init(k, (input_dim, self.hidden)) for k in keys[1::2]),
        )

    def step(
        self, params: MogrifierLSTMParams, state: LSTMState, x_t: Array
    ) -> tuple[LSTMState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        x, h = x_t, state.h
        for i in range(self.rounds):
            if i % 2 == 0:
                x = 2 * self.gate_activation(h @ params.q[i // 2]) * x
            else:
                h = 2 * self.gate_activation(x @ params.r[i // 2]) * h
        z = self.project(params, x) + h @ params.w_h
        h, c = memorize(self.activation, self.gate_activation, z, state.c)
        return LSTMState(h=h, c=c), h
