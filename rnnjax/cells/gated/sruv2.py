"""Simple recurrent unit whose gates see their own unit's memory."""

import math
from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, fast_sigmoid
from rnnjax.cells.base import SplitCell
from rnnjax.cells.broadcast import repeat
from rnnjax.typing import Array, Key


class SRUv2Params(NamedTuple):
    """Parameters of `SRUv2`; blocks x, f, r, and a fourth where D is not H."""

    w_x: Array  # [D, 3H] or [D, 4H]
    v: Array  # [2H], of f and r
    b: Array  # [2H], of f and r


class SRUv2State(NamedTuple):
    """State of `SRUv2`."""

    c: Array  # [..., H]


class SRUv2Gates(NamedTuple):
    """Gates of `SRUv2`, `[..., H]` each."""

    f: Array
    r: Array


class SRUv2(SplitCell):
    """Simple recurrent unit, as published: no matrix acts on the state.

        f_t, r_t = sigmoid(x_t w_x + v * c_{t-1} + b)       in blocks f, r
        c_t = f_t * c_{t-1} + (1 - f_t) * (x_t w_x)         in block x
        y_t = r_t * c_t + (1 - r_t) * alpha * x_t

    Where inputs are not of size H, what passes by the cell is a fourth block of `x_t w_x`, drawn
    `alpha` times as large, for `alpha * x_t`. `alpha` is fixed by the bias with which r starts,
    `sqrt(1 + 2 exp(highway_bias))`, and keeps the variance over layers. The gates depend on the
    memory, so this is not linear in it; the first preprint's cell is, and has no `v`.

    References:
        Lei, Zhang, Wang, Dai & Artzi (2018), Simple recurrent units for highly parallelizable
        recurrence, EMNLP, arXiv:1709.02755.

    Example:
        >>> from rnnjax import cells
        >>> cells.SRUv2(64, highway_bias=-3.0)
        SRUv2(hidden=64, highway_bias=-3.0)
    """

    hidden: int
    highway_bias: float = 0.0
    gate_activation: Activation = field(default=fast_sigmoid, kw_only=True)

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    @property
    def alpha(self) -> float:
        """The factor of what passes by the cell."""
        return math.sqrt(1 + 2 * math.exp(self.highway_bias))

    def init(self, key: Key, input_dim: int) -> SRUv2Params:
        """Draws uniform numbers of variance `1 / D`, half of that in the gates, as the authors."""
        scales = [1.0, math.sqrt(0.5), math.sqrt(0.5)]
        scales += [self.alpha] if input_dim != self.hidden else []
        key_x, key_v = jax.random.split(key)
        shape = (input_dim, len(scales) * self.hidden)
        w_x = jax.random.uniform(key_x, shape, minval=-1.0) * math.sqrt(3 / input_dim)
        v = jax.random.uniform(key_v, (2 * self.hidden,), minval=-1.0) * math.sqrt(1.5)
        scale = jnp.repeat(jnp.array(scales, w_x.dtype), self.hidden)
        b_r = jnp.full(self.hidden, self.highway_bias)
        return SRUv2Params(
            w_x * repeat(scale, w_x), v, jnp.concatenate([jnp.zeros(self.hidden), b_r])
        )

    def initial_state(self, params: SRUv2Params, batch_shape: tuple[int, ...] = ()) -> SRUv2State:
        """Zeros."""
        return SRUv2State(jnp.zeros((*batch_shape, self.hidden), params.w_x.dtype))

    def project(self, params: SRUv2Params, x: Array) -> Array:
        """Returns blocks x, f, r and what passes by, `[..., 4H]`."""
        u = x @ params.w_x
        if params.w_x.shape[-1] == 3 * self.hidden:
            u = jnp.concatenate([u, self.alpha * x.astype(u.dtype)], axis=-1)
        n, gates, past = jnp.split(u, [self.hidden, 3 * self.hidden], axis=-1)
        return jnp.concatenate([n, gates + repeat(params.b, gates), past], axis=-1)

    def recur(self, params: SRUv2Params, state: SRUv2State) -> Array:
        """Returns `v * c` in blocks f, r, `[..., 2H]`."""
        c = jnp.concatenate([state.c, state.c], axis=-1)
        return c * repeat(params.v, c)

    def combine(
        self, params: SRUv2Params, state: SRUv2State, u: Array, v: Array
    ) -> tuple[SRUv2State, Array]:
        """Applies the gates."""
        f, r = self.gates(params, state, u, v)
        n, _, _, past = jnp.split(u, 4, axis=-1)
        c = f * state.c + (1 - f) * n
        return SRUv2State(c), r * c + (1 - r) * past

    def gates(self, params: SRUv2Params, state: SRUv2State, u: Array, v: Array) -> SRUv2Gates:
        """Returns the values of the gates."""
        del params, state
        _, u_f, u_r, _ = jnp.split(u, 4, axis=-1)
        v_f, v_r = jnp.split(v, 2, axis=-1)
        return SRUv2Gates(self.gate_activation(u_f + v_f), self.gate_activation(u_r + v_r))
