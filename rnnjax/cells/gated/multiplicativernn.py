"""The plain network whose recurrent matrix depends on the input."""

from typing import NamedTuple

import jax

from rnnjax.cells.gatedcell import BlockCell, GatedState
from rnnjax.typing import Array, Key


class MultiplicativeRNNParams(NamedTuple):
    """Parameters of `MultiplicativeRNN`, of F factors."""

    w_x: Array  # [D, H]
    w_h: Array  # [F, H], from the factors
    b: Array  # [H]
    w_fx: Array  # [D, F]
    w_fh: Array  # [H, F]


class MultiplicativeRNN(BlockCell):
    """Multiplicative RNN: the input chooses the recurrent matrix, by way of factors.

        f_t = (x_t w_fx) * (h_{t-1} w_fh)
        h_t = activation(x_t w_x + f_t w_h + b),  y_t = h_t

    With one-hot inputs each symbol k has a recurrent matrix of its own, `w_fh diag(w_fx[k]) w_h`.
    There are as many factors as units, unless `factors` says otherwise. From a state of zero
    the first step has no factors, nor a gradient by `w_fx`; `compose.learned_start` helps. The
    product with `w_h` waits for the factors, so this is a `Cell` and no `SplitCell`.

    References:
        Sutskever, Martens & Hinton (2011), Generating text with recurrent neural networks, ICML.

    Example:
        >>> from rnnjax import cells
        >>> cells.MultiplicativeRNN(128, factors=64)
        MultiplicativeRNN(hidden=128, factors=64)
    """

    blocks = ("h",)
    params_type = MultiplicativeRNNParams

    factors: int | None = None

    def __post_init__(self) -> None:
        """Refuses what is no number of factors.

        Raises:
            ValueError: if `factors` is not None and not a whole number of 1 or more.
        """
        super().__post_init__()
        if self.factors is not None and not (type(self.factors) is int and self.factors >= 1):
            raise ValueError(f"{self}: factors must be a whole number of 1 or more, or None")

    def init(self, key: Key, input_dim: int) -> MultiplicativeRNNParams:
        """Draws weights with the initializers."""
        count = self.factors or self.hidden
        key_x, key_h, key_fx, key_fh, key_b = jax.random.split(key, 5)
        return MultiplicativeRNNParams(
            w_x=self.input_init(key_x, (input_dim, self.hidden)),
            w_h=self.recurrent_init(key_h, (count, self.hidden)),
            b=self.bias_init(key_b, self.blocks, self.hidden),
            w_fx=self.input_init(key_fx, (input_dim, count)),
            w_fh=self.recurrent_init(key_fh, (self.hidden, count)),
        )

    def step(
        self, params: MultiplicativeRNNParams, state: GatedState, x_t: Array
    ) -> tuple[GatedState, Array]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., H]`."""
        f = factors(params.w_fx, params.w_fh, x_t, state.h)
        h = self.activation(self.project(params, x_t) + f @ params.w_h)
        return GatedState(h), h


def factors(w_fx: Array, w_fh: Array, x_t: Array, h: Array) -> Array:
    """Returns `(x_t w_fx) * (h w_fh)`, `[..., F]`.

    Example:
        >>> w, x, h = jax.numpy.eye(2), jax.numpy.array([2.0, 3.0]), jax.numpy.array([0.5, -1.0])
        >>> factors(w, w, x, h).tolist()
        [1.0, -3.0]
    """
    return (x_t @ w_fx) * (h @ w_fh)
