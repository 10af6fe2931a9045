"""Several writes by the delta rule at every step."""

import functools
from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.initializers import Glorot
from rnnjax.cells.matrix.heads import merge, normed, outer, read_by, wide_dtype
from rnnjax.cells.matrix.memories import ErasingElement, ErasingMemory, MatrixState
from rnnjax.typing import Array, Key


class DeltaProductParams(NamedTuple):
    """Parameters of `DeltaProduct`; `K = heads * dk`, and the columns are in `writes` blocks."""

    w_q: Array  # [D, K]
    w_k: Array  # [D, writes * K]
    w_v: Array  # [D, writes * H]
    w_b: Array  # [D, writes * heads]


class DeltaProduct(ErasingMemory):
    """Linear attention with several writes a step by the delta rule.

        q_t = normed(silu(x_t w_q))                                                 in heads
        k_j, v_j = normed(silu(x_t w_k)), silu(x_t w_v)             in heads, in blocks j
        beta_j = beta_max * sigmoid(x_t w_b)                        one a head, in blocks j
        S <- S + beta_j k_j^T (v_j - k_j S)     for each j in turn, from S_{t-1} to S_t
        y_t = q_t S_t

    A step is a product of `writes` reflections, where `beta` is 2: with enough of them, any
    rotation of the memory. One write with `beta_max=1` is `DeltaNet`. A head is
    `dv = hidden / heads` wide, and so are its keys, or `key_dim`. The convolutions, the norm and
    the decay that the paper's layer may have are left out.

    References:
        Siems et al. (2025), DeltaProduct: improving state-tracking in linear RNNs via Householder
        products, arXiv:2502.10297.

    Example:
        >>> DeltaProduct(64, heads=4, writes=3)
        DeltaProduct(hidden=64, heads=4, writes=3)
    """

    writes: int = field(default=2, kw_only=True)
    beta_max: float = field(default=2.0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses writes under which a memory grows.

        Raises:
            ValueError: also if not `0 < beta_max <= 2`.
        """
        super().__post_init__()
        if not 0 < self.beta_max <= 2:
            raise ValueError(f"{self}: beta_max must be in (0, 2]")

    def init(self, key: Key, input_dim: int) -> DeltaProductParams:
        """Draws Glorot weights, write by write."""
        keys = jax.random.split(key, 4)
        width = self.heads * self.dk

        def draw(key: Key, width: int) -> Array:
            keys = jax.random.split(key, self.writes)
            return jnp.concatenate([Glorot()(k, (input_dim, width)) for k in keys], axis=-1)

        return DeltaProductParams(
            w_q=Glorot()(keys[0], (input_dim, width)),
            w_k=draw(keys[1], width),
            w_v=draw(keys[2], self.hidden),
            w_b=draw(keys[3], self.heads),
        )

    def element(self, params: DeltaProductParams, x: Array) -> ErasingElement:
        """Returns what all writes amount to."""
        wide = wide_dtype(params)
        blocks = (
            jnp.split((x @ w).astype(wide), self.writes, axis=-1)
            for w in (params.w_k, params.w_v, params.w_b)
        )
        writes = (self._write(*block) for block in zip(*blocks, strict=True))
        return functools.reduce(self.compose, writes)

    def _write(self, k: Array, v: Array, b: Array) -> ErasingElement:
        k, v = normed(self.split(jax.nn.silu(k))), self.split(jax.nn.silu(v))
        written = self.beta_max * jax.nn.sigmoid(b)[..., None] * k
        erased = outer(written, k)
        kept = jnp.broadcast_to(jnp.eye(self.dk, dtype=k.dtype), erased.shape) - erased
        return ErasingElement(kept, outer(written, v))

    def readout(self, params: DeltaProductParams, state: MatrixState, x: Array) -> Array:
        """Returns `q S`, `[..., H]`."""
        q = normed(self.split(jax.nn.silu((x @ params.w_q).astype(state.S.dtype))))
        return merge(read_by(q, state.S)).astype(jnp.result_type(x, params.w_q))
