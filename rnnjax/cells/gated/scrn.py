"""A plain network beside a slow context."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.base import SplitCell
from rnnjax.cells.initializers import Glorot, Initializer, Orthogonal
from rnnjax.typing import Array, Key


class SCRNParams(NamedTuple):
    """Parameters of `SCRN` of C context units; in the paper A, R, B and P."""

    w_x: Array  # [D, H]
    w_h: Array  # [H, H]
    w_s: Array  # [D, C], from the input to the context
    w_p: Array  # [C, H], from the context to the hidden units


class SCRNState(NamedTuple):
    """State of `SCRN`."""

    h: Array  # [..., H]
    s: Array  # [..., C], the context


class SCRN(SplitCell):
    """Structurally constrained recurrent network: hidden units beside `context` slow ones.

        s_t = (1 - alpha) * x_t w_s + alpha * s_{t-1}
        h_t = sigmoid(s_t w_p + x_t w_x + h_{t-1} w_h)
        y_t = [h_t, s_t]

    The paper's readout is a softmax of an affine map of both, so both are the output. There are no
    biases and `alpha` is not trained. `h` sees the new context, as in the paper; in the authors'
    code it sees the old one, and both parts start at 0.1 where here they start at zero.

    References:
        Mikolov, Joulin, Chopra, Mathieu & Ranzato (2014), Learning longer memory in recurrent
        neural networks, arXiv:1412.7753.

    Example:
        >>> from rnnjax import cells
        >>> cells.SCRN(100, context=40).output_dim
        140
    """

    hidden: int
    context: int = 40
    alpha: float = 0.95
    activation: Activation = field(default=fast_sigmoid, kw_only=True)
    input_init: Initializer = field(default=Glorot(), kw_only=True)
    recurrent_init: Initializer = field(default=Orthogonal(), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses a context that keeps nothing or never changes.

        Raises:
            ValueError: if not `0 <= alpha < 1`.
        """
        super().__post_init__()
        if not 0 <= self.alpha < 1:
            raise ValueError(f"{self}: alpha must be 0 or more and below 1")

    @property
    def output_dim(self) -> int:
        """H + C."""
        return self.hidden + self.context

    def init(self, key: Key, input_dim: int) -> SCRNParams:
        """Draws weights with the initializers, those of the context as those of the input."""
        keys = jax.random.split(key, 4)
        return SCRNParams(
            w_x=self.input_init(keys[0], (input_dim, self.hidden)),
            w_h=self.recurrent_init(keys[1], (self.hidden, self.hidden)),
            w_s=self.input_init(keys[2], (input_dim, self.context)),
            w_p=self.input_init(keys[3], (self.context, self.hidden)),
        )

    def initial_state(self, params: SCRNParams, batch_shape: tuple[int, ...] = ()) -> SCRNState:
        """Zeros."""
        sizes, dtype = (self.hidden, self.context), params.w_h.dtype
        return SCRNState(*(jnp.zeros((*batch_shape, size), dtype) for size in sizes))

    def project(self, params: SCRNParams, x: Array) -> Array:
        """Returns what the input adds to `h`, the context's part in it, and to `s`."""
        s = (1 - self.alpha) * (x @ params.w_s)
        return jnp.concatenate([x @ params.w_x + s @ params.w_p, s], axis=-1)

    def recur(self, params: SCRNParams, state: SCRNState) -> Array:
        """Returns what the state adds to `h`, `[..., H]`."""
        return state.h @ params.w_h + self.alpha * (state.s @ params.w_p)

    def combine(
        self, params: SCRNParams, state: SCRNState, u: Array, v: Array
    ) -> tuple[SCRNState, Array]:
        """Applies the activation; the context decays."""
        u_h, u_s = jnp.split(u, [self.hidden], axis=-1)
        after = SCRNState(h=self.activation(u_h + v), s=u_s + self.alpha * state.s)
        return after, self.output(params, after)

    def output(self, params: SCRNParams, state: SCRNState) -> Array:
        """Returns `[h, s]`."""
        del params
        return jnp.concatenate([state.h, state.s], axis=-1)
