"""The Legendre memory unit."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation
from rnnjax.cells.base import SplitCell
from rnnjax.cells.initializers import Glorot, Initializer, Uniform
from rnnjax.cells.polynomial.legendre import held
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Key


class LMUParams(NamedTuple):
    """Parameters of `LMU`; N is `order`."""

    e_x: Array  # [D]
    e_h: Array  # [H]
    e_m: Array  # [N]
    w_x: Array  # [D, H]
    w_h: Array  # [H, H]
    w_m: Array  # [N, H]


class LMUMaps(NamedTuple):
    """Parameters of `LMU` as its steps use them: two maps to `[h before tanh, change of m]`."""

    x: Array  # [D, H + N]
    state: Array  # [H + N, H + N]
    params: LMUParams


class LMUState(NamedTuple):
    """State of `LMU`."""

    h: Array  # [..., H]
    m: Array  # [..., N]


class LMU(SplitCell):
    """Legendre memory unit: a memory of the last `theta` steps of a number, read by a plain net.

        u_t = x_t e_x + h_{t-1} e_h + m_{t-1} e_m           a number
        m_t = m_{t-1} a^T + u_t b
        h_t = tanh(x_t w_x + h_{t-1} w_h + m_t w_m),  y_t = h_t

    `a` and `b` are given: `m_t` are the coefficients of what `u` was over the last `theta` steps by
    `order` shifted Legendre polynomials, `u_{t - r theta}` about the sum of `m_i P_i(2 r - 1)`. As
    `m_t` is linear in all else, a step is one map of the input and one of the state, which
    `prepare` makes.

    The defaults are those of permuted MNIST. There the authors start with `e_x` at 1 and `e_h`,
    `e_m`, `w_x` and `w_h` at zero; here encoders are uniform and `e_m` zero, as by default in their
    code. With several numbers to remember use one cell each, side by side.

    References:
        Voelker, Kajić & Eliasmith (2019), Legendre memory units: continuous-time representation in
        recurrent neural networks, NeurIPS.

    Example:
        >>> from rnnjax import cells
        >>> cells.LMU(64, order=16, theta=100.0)
        LMU(hidden=64, order=16, theta=100.0)
    """

    hidden: int
    order: int = 256
    theta: float = 784.0
    activation: Activation = field(default=jnp.tanh, kw_only=True)
    input_init: Initializer = field(default=Glorot(), kw_only=True)
    recurrent_init: Initializer = field(default=Glorot(), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses windows of no length.

        Raises:
            ValueError: if not `0 < theta`.
        """
        super().__post_init__()
        if not self.theta > 0:
            raise ValueError(f"{self}: theta must be above 0")

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> LMUParams:
        """Draws weights with the initializers, and encoders of variance `1 / size`."""
        keys = jax.random.split(key, 5)

        def encoder(key: Key, size: int) -> Array:
            return (3 / size) ** 0.5 * Uniform(1.0)(key, (size, 1))[:, 0]

        return LMUParams(
            e_x=encoder(keys[0], input_dim),
            e_h=encoder(keys[1], self.hidden),
            e_m=jnp.zeros(self.order),
            w_x=self.input_init(keys[2], (input_dim, self.hidden)),
            w_h=self.recurrent_init(keys[3], (self.hidden, self.hidden)),
            w_m=self.recurrent_init(keys[4], (self.order, self.hidden)),
        )

    def initial_state(
        self, params: LMUParams | LMUMaps, batch_shape: tuple[int, ...] = ()
    ) -> LMUState:
        """Zeros; the memory of single precision where the parameters are of less."""
        dtype = (params.params if isinstance(params, LMUMaps) else params).w_x.dtype
        return LMUState(
            h=jnp.zeros((*batch_shape, self.hidden), dtype),
            m=jnp.zeros((*batch_shape, self.order), single_or_wider(dtype)),
        )

    def prepare(self, params: LMUParams | LMUMaps) -> LMUMaps:
        """Makes the maps of input and state; of single precision at least, as is the memory."""
        if isinstance(params, LMUMaps):
            return params
        wide = single_or_wider(params.w_x.dtype)
        p = jax.tree.map(lambda x: x.astype(wide), params)
        a, b = (jnp.asarray(x, wide) for x in held(self.order, self.theta))

        def through(e: Array, kept: Array, w: Array) -> Array:
            """Returns the map to `[h, m]` of what the memory sees by `e` and keeps by `kept`."""
            m = kept + e[:, None] * b[None]
            return jnp.concatenate([w + m @ p.w_m, m], axis=-1)

        def unseen(e: Array) -> Array:
            return jnp.zeros((len(e), self.order), wide)

        before = through(p.e_m, a.T, jnp.zeros_like(p.w_m))
        # The change of the memory is small, and what is small is more exact.
        before = before - jnp.eye(self.order, self.hidden + self.order, self.hidden, dtype=wide)
        state = jnp.concatenate([through(p.e_h, unseen(p.e_h), p.w_h), before])
        return LMUMaps(through(p.e_x, unseen(p.e_x), p.w_x), state, params)

    def project(self, params: LMUParams | LMUMaps, x: Array) -> Array:
        """Maps inputs to their part of `[h before tanh, change of m]`, `[..., H + N]`."""
        return x.astype(single_or_wider(x.dtype)) @ self.prepare(params).x

    def recur(self, params: LMUParams | LMUMaps, state: LMUState) -> Array:
        """Maps a state to its part of the same."""
        both = jnp.concatenate([state.h.astype(state.m.dtype), state.m], axis=-1)
        return both @ self.prepare(params).state

    def combine(
        self, params: LMUParams | LMUMaps, state: LMUState, u: Array, v: Array
    ) -> tuple[LMUState, Array]:
        """Applies the activation, and changes the memory."""
        del params
        h, change = jnp.split(u + v, [self.hidden], axis=-1)
        h = self.activation(h).astype(state.h.dtype)
        return LMUState(h, state.m + change), h
