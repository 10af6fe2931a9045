"""Griffin's recurrence: a real diagonal unit whose decay and input are gated by the input."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import fast_sigmoid
from rnnjax.cells.base import LinearCell, LinearState
from rnnjax.cells.broadcast import repeat
from rnnjax.cells.initializers import Glorot, Normal
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Key

_STEEPEST = 1000.0


class RGLRUParams(NamedTuple):
    """Parameters of `RGLRU`; the gates' maps are `heads` blocks of `d = H / heads` units."""

    w_x: Array  # [D, H]
    w_i: Array  # [heads, d, d]
    w_r: Array  # [heads, d, d]
    b_i: Array  # [H]
    b_r: Array  # [H]
    p: Array  # [H], a^c = exp(-c softplus(p)) is the decay of an open gate


class RGLRU(LinearCell):
    """Real-gated linear recurrent unit.

        u_t = x_t w_x
        i_t, r_t = sigmoid(u_t w_i + b_i), sigmoid(u_t w_r + b_r)       head by head
        a_t = exp(-c r_t * softplus(p))
        h_t = a_t * h_{t-1} + sqrt(1 - a_t^2) * (i_t * u_t),  y_t = h_t

    The paper's parameter is `-p`, and its eq. 6 has a slip of the sign. Decays of an open gate
    start as `a^c` with `a` between `a_min` and `a_max`, as in the authors' code, where the paper
    has `a^c` itself in that range. That code leaves `sqrt(1 - a_t^2)` out at the first step of a
    sequence, which a cell does not know. The map `w_x` is that of Griffin's block, without the
    convolution between; the branch beside it and the product after it are left to the layer.

    References:
        De et al. (2024), Griffin: mixing gated linear recurrences with local attention for
        efficient language models, arXiv:2402.19427, section 2.4 and appendix A.

    Example:
        >>> from rnnjax import cells
        >>> cells.RGLRU(64, heads=4)
        RGLRU(hidden=64, heads=4)
    """

    hidden: int
    heads: int = 1
    c: float = field(default=8.0, kw_only=True)
    a_min: float = field(default=0.9, kw_only=True)
    a_max: float = field(default=0.999, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses heads that do not divide the width, and decays that are none.

        Raises:
            ValueError: if `heads` does not divide `hidden`, if `c` is not above zero or if not
                `0 < a_min < a_max < 1`.
        """
        super().__post_init__()
        if self.hidden % self.heads:
            raise ValueError(f"{self}: heads must divide hidden")
        if not self.c > 0:
            raise ValueError(f"{self}: c must be above zero")
        if not 0 < self.a_min < self.a_max < 1:
            raise ValueError(f"{self}: needs 0 < a_min < a_max < 1")

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> RGLRUParams:
        """Draws Glorot weights, those of gates of variance `1 / d`, and squared decays evenly."""
        keys = jax.random.split(key, 4)
        width = self.hidden // self.heads
        draw = Normal(width**-0.5)
        square = jax.random.uniform(
            keys[3], (self.hidden,), minval=self.a_min**2, maxval=self.a_max**2
        )
        blocks = (self.heads * width, width), (self.heads, width, width)
        return RGLRUParams(
            w_x=Glorot()(keys[0], (input_dim, self.hidden)),
            w_i=draw(keys[1], blocks[0]).reshape(blocks[1]),
            w_r=draw(keys[2], blocks[0]).reshape(blocks[1]),
            b_i=jnp.zeros(self.hidden),
            b_r=jnp.zeros(self.hidden),
            p=jnp.log(square**-0.5 - 1),
        )

    def initial_state(self, params: RGLRUParams, batch_shape: tuple[int, ...] = ()) -> LinearState:
        """Zeros; of single precision where the parameters are of less."""
        wide = single_or_wider(params.p.dtype)
        return LinearState(jnp.zeros((*batch_shape, self.hidden), wide))

    def coefficients(self, params: RGLRUParams, x: Array) -> tuple[Array, Array]:
        """Returns `a` and `sqrt(1 - a^2) * (i * u)`."""
        wide = single_or_wider(params.p.dtype)
        u = x @ params.w_x
        i, r = (
            fast_sigmoid(self._by_heads(u, w, b).astype(wide))
            for w, b in ((params.w_i, params.b_i), (params.w_r, params.b_r))
        )
        log_a = -self.c * r * repeat(jax.nn.softplus(params.p.astype(wide)), r)
        return jnp.exp(log_a), root(-jnp.expm1(2 * log_a)) * i * u.astype(wide)

    def readout(self, params: RGLRUParams, h: Array, x: Array) -> Array:
        """Returns `h`."""
        return h.astype(jnp.result_type(x, params.w_x))

    def _by_heads(self, u: Array, w: Array, b: Array) -> Array:
        heads = u.reshape(*u.shape[:-1], self.heads, self.hidden // self.heads)
        mapped = jnp.einsum("...hd,hde->...he", heads, w).reshape(u.shape)
        return mapped + repeat(b, mapped)


@jax.custom_jvp
def root(x: Array) -> Array:
    """Returns the square root; its derivative is 1000 at most, as in the authors' code.

    Example:
        >>> float(jax.grad(root)(0.0)), float(jax.grad(root)(4.0))
        (1000.0, 0.25)
    """
    return jnp.sqrt(x)


@root.defjvp
def _root_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (dx,) = primals, tangents
    return root(x), dx * jax.lax.rsqrt(jnp.maximum(4 * x, _STEEPEST**-2))
