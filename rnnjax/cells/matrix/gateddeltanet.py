"""The delta rule on a memory that decays."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.broadcast import affine, repeat
from rnnjax.cells.initializers import Glorot
from rnnjax.cells.linear.statespace import inverse_softplus, log_uniform
from rnnjax.cells.matrix.heads import merge, normed, outer, read_by, wide_dtype
from rnnjax.cells.matrix.memories import ErasingElement, ErasingMemory, MatrixState
from rnnjax.typing import Array, Key


class GatedDeltaNetParams(NamedTuple):
    """Parameters of `GatedDeltaNet`; `K = heads * dk`."""

    w_q: Array  # [D, K]
    w_k: Array  # [D, K]
    w_v: Array  # [D, H]
    w_b: Array  # [D, heads]
    w_a: Array  # [D, heads]
    b_a: Array  # [heads]
    a_log: Array  # [heads]


class GatedDeltaNet(ErasingMemory):
    """Linear attention with the delta rule and a decay.

        q_t = normed(silu(x_t w_q)),  k_t = normed(silu(x_t w_k))               in heads
        v_t = silu(x_t w_v),  beta_t = sigmoid(x_t w_b)                         in heads
        alpha_t = exp(-exp(a_log) * softplus(x_t w_a + b_a))                    one a head
        S_t = alpha_t (S_{t-1} - beta_t k_t^T k_t S_{t-1}) + beta_t k_t^T v_t,  y_t = q_t S_t

    With `alpha = 1` it is `DeltaNet`. The decay comes first: what is erased is what is left. A head
    is `dv = hidden / heads` wide, and so are its keys, or `key_dim`. The authors' code divides q by
    `sqrt(dk)`, which the norm after it takes out again. The short convolutions, that norm and the
    gate belong to the paper's layer, not to the recurrence.

    References:
        Yang, Kautz & Hatamizadeh (2024), Gated delta networks: improving Mamba2 with delta rule,
        arXiv:2412.06464, eq. 10.

    Example:
        >>> GatedDeltaNet(64, heads=4)
        GatedDeltaNet(hidden=64, heads=4)
    """

    def init(self, key: Key, input_dim: int) -> GatedDeltaNetParams:
        """Draws Glorot weights, rates up to 16, and steps between 0.001 and 0.1."""
        keys = jax.random.split(key, 7)
        width = self.heads * self.dk
        widths = (width, width, self.hidden, self.heads, self.heads)
        rates = jax.random.uniform(keys[5], (self.heads,), minval=1e-3, maxval=16.0)
        return GatedDeltaNetParams(
            *(Glorot()(k, (input_dim, w)) for k, w in zip(keys[:5], widths, strict=True)),
            b_a=inverse_softplus(jnp.exp(log_uniform(keys[6], (self.heads,), 1e-3, 0.1))),
            a_log=jnp.log(rates),
        )

    def element(self, params: GatedDeltaNetParams, x: Array) -> ErasingElement:
        """Returns `alpha (I - beta k^T k)` and `beta k^T v`."""
        wide = wide_dtype(params)
        k, v = (self.split(jax.nn.silu((x @ w).astype(wide))) for w in (params.w_k, params.w_v))
        k, beta = normed(k), jax.nn.sigmoid((x @ params.w_b).astype(wide))
        step = jax.nn.softplus(affine(x, params.w_a, params.b_a).astype(wide))
        alpha = jnp.exp(-repeat(jnp.exp(params.a_log.astype(wide)), step) * step)
        written = beta[..., None] * k
        erased = outer(written, k)
        kept = jnp.broadcast_to(jnp.eye(self.dk, dtype=wide), erased.shape) - erased
        return ErasingElement(alpha[..., None, None] * kept, outer(written, v))

    def readout(self, params: GatedDeltaNetParams, state: MatrixState, x: Array) -> Array:
        """Returns `q S`, `[..., H]`."""
        q = normed(self.split(jax.nn.silu((x @ params.w_q).astype(state.S.dtype))))
        return merge(read_by(q, state.S)).astype(jnp.result_type(x, params.w_q))
