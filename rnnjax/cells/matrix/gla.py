"""Gated linear attention: a matrix memory each of whose rows decays as the input says."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.broadcast import affine
from rnnjax.cells.initializers import Glorot
from rnnjax.cells.matrix.heads import merge, outer, read_by, wide_dtype
from rnnjax.cells.matrix.memories import DecayElement, DecayingMemory, MatrixState
from rnnjax.typing import Array, Key


class GLAParams(NamedTuple):
    """Parameters of `GLA`; `K = heads * dk`."""

    w_q: Array  # [D, K]
    w_k: Array  # [D, K]
    w_v: Array  # [D, H]
    w_a1: Array  # [D, rank]
    w_a2: Array  # [rank, K]
    b_a: Array  # [K]


class GLA(DecayingMemory):
    """Gated linear attention.

        q_t, k_t, v_t = x_t w_q, x_t w_k, x_t w_v           in heads
        alpha_t = sigmoid(x_t w_a1 w_a2 + b_a)^(1 / tau)    in heads
        S_t = diag(alpha_t) S_{t-1} + k_t^T v_t,  y_t = q_t S_t / sqrt(dk)

    A head is `dv = hidden / heads` wide and its keys half of that, rounded up, or `key_dim`. The
    gate's map is of rank `rank`. The norm and the gate of the output and the product after them
    belong to the paper's layer, not to the recurrence.

    Example:
        >>> GLA(64, heads=4).dk, GLA(64, heads=4).dv
        (8, 16)

    References:
        Yang et al. (2024), Gated linear attention transformers with hardware-efficient training,
        ICML, arXiv:2312.06635, section 4.
    """

    rank: int = field(default=16, kw_only=True)
    tau: float = field(default=16.0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses a root that is none.

        Raises:
            ValueError: if `tau` is not above 0.
        """
        super().__post_init__()
        if not self.tau > 0:
            raise ValueError(f"{self}: tau must be above 0")

    @property
    def dk(self) -> int:
        """The width of a head's keys and queries."""
        return self.key_dim or -(-self.dv // 2)

    def init(self, key: Key, input_dim: int) -> GLAParams:
        """Draws Glorot weights; no bias."""
        keys = jax.random.split(key, 5)
        width, draw = self.heads * self.dk, Glorot()
        return GLAParams(
            w_q=draw(keys[0], (input_dim, width)),
            w_k=draw(keys[1], (input_dim, width)),
            w_v=draw(keys[2], (input_dim, self.hidden)),
            w_a1=draw(keys[3], (input_dim, self.rank)),
            w_a2=draw(keys[4], (self.rank, width)),
            b_a=jnp.zeros(width),
        )

    def element(self, params: GLAParams, x: Array) -> DecayElement:
        """Returns `alpha` and `k^T v`."""
        wide = wide_dtype(params)
        k, v = (self.split(x @ w).astype(wide) for w in (params.w_k, params.w_v))
        gate = self.split(affine(x @ params.w_a1, params.w_a2, params.b_a)).astype(wide)
        # A root of a sigmoid that underflows would have no derivative; its logarithm has one.
        decay = jnp.exp(jax.nn.log_sigmoid(gate) / self.tau)
        return DecayElement(decay, outer(k, v))

    def readout(self, params: GLAParams, state: MatrixState, x: Array) -> Array:
        """Returns `q S / sqrt(dk)`, `[..., H]`."""
        q = self.split(x @ params.w_q).astype(state.S.dtype)
        # eq. 3 has no scale; the authors' code has this one, where a norm takes it out again.
        y = merge(read_by(q * self.dk**-0.5, state.S))
        return y.astype(jnp.result_type(x, params.w_q))
