"""RWKV-7: a memory whose rows decay each by itself, and that erases under one key to write more."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.broadcast import affine, repeat
from rnnjax.cells.initializers import Glorot, Orthogonal
from rnnjax.cells.matrix.heads import merge, normed, outer, read_by, wide_dtype
from rnnjax.cells.matrix.memories import ErasingElement, ErasingMemory, MatrixState
from rnnjax.typing import Array, Key


class RWKV7Params(NamedTuple):
    """Parameters of `RWKV7`; `K = heads * dk`."""

    w_r: Array  # [D, K]
    w_k: Array  # [D, K]
    w_v: Array  # [D, H]
    w_d1: Array  # [D, rank], the decay
    w_d2: Array  # [rank, K]
    b_d: Array  # [K]
    w_a1: Array  # [D, rank], how much is erased
    w_a2: Array  # [rank, K]
    b_a: Array  # [K]
    xi: Array  # [K], keys to erase by
    k_a: Array  # [K], keys to write by


class RWKV7(ErasingMemory):
    """Time mixing of RWKV-7 (Goose).

        r_t, k_t, v_t = x_t w_r, x_t w_k, x_t w_v                               in heads
        w_t = exp(-exp(-1/2) * sigmoid(tanh(x_t w_d1) w_d2 + b_d))              in heads
        a_t = sigmoid(x_t w_a1 w_a2 + b_a)                                      in heads
        kappa_t = normed(k_t * xi),  c_t = k_t * (1 + (a_t - 1) * k_a)
        S_t = (diag(w_t) - (kappa_t * a_t)^T kappa_t) S_{t-1} + c_t^T v_t,  y_t = r_t S_t

    What is erased is read from the memory before it decays, other than in `GatedDeltaNet`. A head
    is `dv = hidden / heads` wide, and so are its keys, or `key_dim`. The token shift is left to
    what comes before: of inputs `[x_t, x_{t-1}]` the two halves of a map are `mu W` and
    `(1 - mu) W`. The values of the first layer, the norm of the output, the bonus and the gate
    belong to the layer.

    `b_d`, `b_a`, `xi` and `k_a` are w0, a0, k_k and k_a of the authors' code, and start as there
    for a layer at `depth`, from 0, the first, to 1, the last; so do the maps of low rank. `rank` is
    that of both. The authors' is a multiple of 32 near `1.8 sqrt(D)`, 64 for D = 768, in later code
    near `2.5 sqrt(D)`; the layer's other two maps, of values and of the gate, have ranks of their
    own. The other weights start as the house's: the authors' are smaller, and count on the norm.

    References:
        Peng et al. (2025), RWKV-7 "Goose" with expressive dynamic state evolution,
        arXiv:2503.14456.

    Example:
        >>> RWKV7(64, heads=4)
        RWKV7(hidden=64, heads=4)
    """

    rank: int = field(default=32, kw_only=True)
    depth: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses places outside of the network.

        Raises:
            ValueError: also if not `0 <= depth <= 1`.
        """
        super().__post_init__()
        if not 0 <= self.depth <= 1:
            raise ValueError(f"{self}: depth must be in [0, 1]")

    def init(self, key: Key, input_dim: int) -> RWKV7Params:
        """Draws Glorot weights; decays and erasures start as constants, spread out."""
        # `RWKV_Tmix_x070`, RWKV-v7/train_temp/src/model.py of github.com/BlinkDL/RWKV-LM.
        keys = jax.random.split(key, 5)
        width, draw = self.heads * self.dk, Glorot()
        small = Orthogonal(0.1 * max(self.rank / width, 1) ** 0.5)
        place = jnp.arange(width) / max(width - 1, 1)
        inside = jnp.tile(jnp.arange(self.dk) / max(self.dk - 1, 1), self.heads)  # of a head
        zigzag = (2 * inside - 1) * jnp.abs(2 * inside - 1)
        return RWKV7Params(
            w_r=draw(keys[0], (input_dim, width)),
            w_k=draw(keys[1], (input_dim, width)),
            w_v=draw(keys[2], (input_dim, self.hidden)),
            w_d1=jnp.zeros((input_dim, self.rank)),
            w_d2=small(keys[3], (self.rank, width)),
            b_d=6 * place ** (1 + self.depth**0.3) - 5.5 + 2.5 * zigzag,
            w_a1=jnp.zeros((input_dim, self.rank)),
            w_a2=small(keys[4], (self.rank, width)),
            b_a=0.4 * place - 0.39 + 0.3 * zigzag,
            xi=0.76 - 0.1 * place,
            k_a=jnp.full(width, 1.02),
        )

    def element(self, params: RWKV7Params, x: Array) -> ErasingElement:
        """Returns `diag(w) - (kappa * a)^T kappa` and `c^T v`."""
        wide = wide_dtype(params)
        k, v = ((x @ w).astype(wide) for w in (params.w_k, params.w_v))
        d = affine(jnp.tanh(x @ params.w_d1), params.w_d2, params.b_d).astype(wide)
        a = jax.nn.sigmoid(affine(x @ params.w_a1, params.w_a2, params.b_a).astype(wide))
        w = self.split(jnp.exp(-jnp.exp(-0.5) * jax.nn.sigmoid(d)))
        kappa = normed(self.split(k * repeat(params.xi.astype(wide), k)))
        c = self.split(k * (1 + (a - 1) * repeat(params.k_a.astype(wide), a)))
        erased = outer(kappa * self.split(a), kappa)
        eye = jnp.broadcast_to(jnp.eye(self.dk, dtype=wide), erased.shape)
        return ErasingElement(w[..., None] * eye - erased, outer(c, self.split(v)))

    def readout(self, params: RWKV7Params, state: MatrixState, x: Array) -> Array:
        """Returns `r S`, `[..., H]`."""
        r = self.split(x @ params.w_r).astype(state.S.dtype)
        return merge(read_by(r, state.S)).astype(jnp.result_type(x, params.w_r))
