"""The delta rule: a matrix memory that replaces what it had stored under a key."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.initializers import Glorot
from rnnjax.cells.matrix.heads import merge, normed, outer, read_by, wide_dtype
from rnnjax.cells.matrix.memories import ErasingElement, ErasingMemory, MatrixState
from rnnjax.typing import Array, Key


class DeltaNetParams(NamedTuple):
    """Parameters of `DeltaNet`; `K = heads * dk`."""

    w_q: Array  # [D, K]
    w_k: Array  # [D, K]
    w_v: Array  # [D, H]
    w_b: Array  # [D, heads]


class DeltaNet(ErasingMemory):
    """Linear attention with the delta rule.

        q_t = normed(silu(x_t w_q)),  k_t = normed(silu(x_t w_k))      in heads
        v_t = silu(x_t w_v),  beta_t = sigmoid(x_t w_b)                in heads
        S_t = S_{t-1} + beta_t k_t^T (v_t - k_t S_{t-1}),  y_t = q_t S_t

    `normed` makes the length of a head's vector 1. A head is `dv = hidden / heads` wide, and so are
    its keys, or `key_dim`. The short convolutions before, the norm of the output and the product
    after it belong to the paper's layer, not to the recurrence.

    Example:
        >>> DeltaNet(64, heads=4)
        DeltaNet(hidden=64, heads=4)

    References:
        Schlag, Irie & Schmidhuber (2021), Linear transformers are secretly fast weight programmers,
        ICML, arXiv:2102.11174, section 4.2.
        Yang et al. (2024), Parallelizing linear transformers with the delta rule over sequence
        length, NeurIPS, arXiv:2406.06484 (silu and the norm of the keys).
    """

    def init(self, key: Key, input_dim: int) -> DeltaNetParams:
        """Draws Glorot weights."""
        keys = jax.random.split(key, 4)
        width = self.heads * self.dk
        widths = (width, width, self.hidden, self.heads)
        return DeltaNetParams(
            *(Glorot()(k, (input_dim, w)) for k, w in zip(keys, widths, strict=True))
        )

    def element(self, params: DeltaNetParams, x: Array) -> ErasingElement:
        """Returns `I - beta k^T k` and `beta k^T v`."""
        wide = wide_dtype(params)
        k, v = (self.split(jax.nn.silu((x @ w).astype(wide))) for w in (params.w_k, params.w_v))
        k, beta = normed(k), jax.nn.sigmoid((x @ params.w_b).astype(wide))
        written = beta[..., None] * k
        erased = outer(written, k)
        kept = jnp.broadcast_to(jnp.eye(self.dk, dtype=wide), erased.shape) - erased
        return ErasingElement(kept, outer(written, v))

    def readout(self, params: DeltaNetParams, state: MatrixState, x: Array) -> Array:
        """Returns `q S`, `[..., H]`."""
        # The authors' code divides q by sqrt(dk), which the norm after it takes out again.
        q = normed(self.split(jax.nn.silu((x @ params.w_q).astype(state.S.dtype))))
        return merge(read_by(q, state.S)).astype(jnp.result_type(x, params.w_q))
