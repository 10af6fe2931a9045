"""LSTMs with little in their gates."""

from dataclasses import field
from typing import Any, NamedTuple

import jax.numpy as jnp

from rnnjax.cells.broadcast import repeat
from rnnjax.cells.gated.lstm import LSTM, LSTMState
from rnnjax.typing import Array, Key


class SlimLSTMParams(NamedTuple):
    """Parameters of `SlimLSTM`; of the blocks i, f, g, o those that its variant has."""

    w_x: Array  # [D, H], block g
    w_h: Array  # [H, 4H] of variants 1 and 2, else [H, H], block g
    b: Array  # [4H] of variants 1, 3 and 5, else [H], block g
    p: Array | None  # [3H] of variants 4 and 5, blocks i, f, o


class SlimLSTM(LSTM):
    """LSTM whose gates do not see the input, in five variants.

        i_t, f_t, o_t = sigmoid(a_t)                            in blocks i, f, o
        g_t = tanh(x_t w_x + h_{t-1} w_h + b)                   in block g
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * tanh(c_t),  y_t = h_t

        variant     1                   2               3       4               5
        a_t         h_{t-1} w_h + b     h_{t-1} w_h     b       p * h_{t-1}     p * h_{t-1} + b

    The paper's LSTM1 to LSTM5. `p` starts at zero. `forget_bias` and `bias_init` are for gates that
    have a bias.

    References:
        Akandeh & Salem (2017), Simplified long short-term memory recurrent neural networks: part I,
        arXiv:1707.04619.

    Example:
        >>> from rnnjax import cells
        >>> cells.SlimLSTM(64, variant=3)
        SlimLSTM(hidden=64, forget_bias=1.0, variant=3)
    """

    params_type = SlimLSTMParams

    variant: int = field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses variants that are none.

        Raises:
            ValueError: if `variant` is not one of 1 to 5.
        """
        super().__post_init__()
        if self.variant > 5:
            raise ValueError(f"{self}: variant must be 1 to 5")

    def init(self, key: Key, input_dim: int) -> Any:
        """Draws weights block by block with the initializers."""
        w_x, w_h, b = super().init(key, input_dim)[:3]
        return SlimLSTMParams(
            w_x=self._candidates(w_x),
            w_h=w_h if self.variant in (1, 2) else self._candidates(w_h),
            b=b if self.variant in (1, 3, 5) else self._candidates(b),
            p=jnp.zeros(3 * self.hidden) if self.variant in (4, 5) else None,
        )

    def project(self, params: SlimLSTMParams, x: Array) -> Array:
        """Returns `x w_x + b` in block g and `b` in the others, `[..., 4H]`."""
        u = self._in_place(x @ params.w_x)
        biased = self.variant in (1, 3, 5)
        return u + repeat(params.b if biased else self._in_place(params.b), u)

    def recur(self, params: SlimLSTMParams, state: LSTMState) -> Array:
        """Returns what the blocks see of the state, `[..., 4H]`."""
        v = state.h @ params.w_h
        if params.p is None:
            return v if self.variant in (1, 2) else self._in_place(v)
        i, f, o = (repeat(p, state.h) * state.h for p in jnp.split(params.p, 3))
        return jnp.concatenate([i, f, v, o], axis=-1)

    def _candidates(self, blocks: Array) -> Array:
        return blocks[..., 2 * self.hidden : 3 * self.hidden]

    def _in_place(self, g: Array) -> Array:
        nothing = jnp.zeros_like(g)
        return jnp.concatenate([nothing, nothing, g, nothing], axis=-1)
