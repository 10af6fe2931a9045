"""Retention: linear attention that fades at a fixed rate and turns with time."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.broadcast import complex_dtype
from rnnjax.cells.initializers import Glorot
from rnnjax.cells.matrix.heads import merge, outer, read_by, wide_dtype
from rnnjax.cells.matrix.memories import DecayElement, DecayingMemory, MatrixState
from rnnjax.typing import Array, Key


class RetNetParams(NamedTuple):
    """Parameters of `RetNet`; `K = heads * dk`."""

    w_q: Array  # [D, K]
    w_k: Array  # [D, K]
    w_v: Array  # [D, H]


class RetNet(DecayingMemory):
    """Retention of the retentive network.

        q_t, k_t, v_t = x_t w_q, x_t w_k / sqrt(dk), x_t w_v            in heads
        S_t = gamma * exp(1j * theta) * S_{t-1} + conj(k_t)^T v_t,  y_t = real(q_t S_t)

    The decay `gamma = 1 - 2 ** (-5 - j)` of head j is fixed, and so are the frequencies `theta`,
    `10000 ** -(i / (dk / 2 - 1))` of the pair i; without `rotate` they are zero. Keys and queries
    are taken as complex numbers, `dk / 2` a head, the first half of a head's columns their real
    parts. To turn the memory each step is to turn queries and keys by `t * theta`, as the authors'
    code does, without a count of steps; there a number's parts are neighbours. The norm of the
    output, the gate and the product after it belong to the layer.

    References:
        Sun et al. (2023), Retentive network: a successor to transformer for large language models,
        arXiv:2307.08621, section 2.1.

    Example:
        >>> RetNet(64, heads=4).dk
        16
    """

    rotate: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses keys that are no pairs.

        Raises:
            ValueError: also if `key_dim` is odd.
        """
        super().__post_init__()
        if self.dk % 2:
            raise ValueError(f"{self}: key_dim must be even")

    @property
    def dk(self) -> int:
        """The width of a head's keys and queries: that of its values, rounded up to be even."""
        return self.key_dim or self.dv + self.dv % 2

    def init(self, key: Key, input_dim: int) -> RetNetParams:
        """Draws Glorot weights."""
        width = self.heads * self.dk
        keys = jax.random.split(key, 3)
        widths = (width, width, self.hidden)
        return RetNetParams(
            *(Glorot()(k, (input_dim, w)) for k, w in zip(keys, widths, strict=True))
        )

    def initial_state(self, params: RetNetParams, batch_shape: tuple[int, ...] = ()) -> MatrixState:
        """Zeros, complex; of single precision where the parameters are of less."""
        dtype = complex_dtype(params.w_q.dtype)
        return MatrixState(jnp.zeros((*batch_shape, self.heads, self.dk // 2, self.dv), dtype))

    def element(self, params: RetNetParams, x: Array) -> DecayElement:
        """Returns `gamma * exp(1j * theta)` and `conj(k)^T v`."""
        k = self._pairs(x @ params.w_k, wide_dtype(params)) * self.dk**-0.5
        v = self.split(x @ params.w_v).astype(k.dtype)
        wide = wide_dtype(params)
        gamma = 1 - 2.0 ** (-5 - jnp.arange(self.heads, dtype=wide))[:, None]
        pair = jnp.arange(self.dk // 2, dtype=wide)[None]
        theta = 10000 ** (-pair / max(self.dk // 2 - 1, 1)) * int(self.rotate)
        decay = jax.lax.complex(gamma * jnp.cos(theta), gamma * jnp.sin(theta))
        return DecayElement(jnp.broadcast_to(decay, k.shape), outer(k.conj(), v))

    def readout(self, params: RetNetParams, state: MatrixState, x: Array) -> Array:
        """Returns `real(q S)`, `[..., H]`."""
        q = self._pairs(x @ params.w_q, state.S.real.dtype)
        return merge(read_by(q, state.S).real).astype(jnp.result_type(x, params.w_q))

    def _pairs(self, x: Array, dtype: jnp.dtype) -> Array:
        re, im = jnp.split(self.split(x).astype(dtype), 2, axis=-1)
        return jax.lax.complex(re, im)
