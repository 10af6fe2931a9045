"""RWKV-6: a decaying memory that is read before the latest token is written to it."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.broadcast import affine, repeat
from rnnjax.cells.initializers import Glorot, Uniform
from rnnjax.cells.matrix.heads import HeadedCell, merge, outer, read_by, wide_dtype
from rnnjax.typing import Array, Key


class RWKV6Params(NamedTuple):
    """Parameters of `RWKV6`; `K = heads * dk`."""

    w_r: Array  # [D, K]
    w_k: Array  # [D, K]
    w_v: Array  # [D, H]
    w_d1: Array  # [D, rank], the decay
    w_d2: Array  # [rank, K]
    b_d: Array  # [K]
    u: Array  # [K], the bonus of the latest token


class RWKV6State(NamedTuple):
    """State of `RWKV6`: the memory before the latest token, and that token."""

    S: Array  # [..., heads, dk, dv]
    w: Array  # [..., heads, dk]
    k: Array  # [..., heads, dk]
    v: Array  # [..., heads, dv]


class RWKV6Element(NamedTuple):
    """One step of `RWKV6`, or several.

    The token of the state is written to its S, then `S -> diag(decay) S + drive`, and the token of
    the element is that of the state from there on.
    """

    decay: Array  # [..., heads, dk]
    drive: Array  # [..., heads, dk, dv]
    w: Array  # [..., heads, dk]
    k: Array  # [..., heads, dk]
    v: Array  # [..., heads, dv]


class RWKV6(HeadedCell):
    """Time mixing of RWKV-6 (Finch).

        r_t, k_t, v_t = x_t w_r, x_t w_k, x_t w_v                       in heads
        w_t = exp(-exp(tanh(x_t w_d1) w_d2 + b_d))                      in heads
        S_t = diag(w_{t-1}) S_{t-1} + k_{t-1}^T v_{t-1}
        y_t = r_t (S_t + diag(u) k_t^T v_t)

    `S_t` is the memory before the token of step t, which counts `u` times in its own output, and
    not decayed. So the state keeps one token that is not yet written. RWKV-5 is the case in which
    `w_d1` or `w_d2` is zero. A head is `dv = hidden / heads` wide, and so are its keys, or
    `key_dim`. Decays and bonuses start as the authors' for a layer at `depth`, from 0, the first,
    to 1, the last. The token shift is left to what comes before; without its part that depends on
    the data, it is to give inputs `[x_t, x_{t-1}]` and maps of two halves, `mu W` and `(1 - mu) W`.
    The norm of the output, the gate and the product after them belong to the layer.

    References:
        Peng et al. (2024), Eagle and Finch: RWKV with matrix-valued states and dynamic recurrence,
        COLM, arXiv:2404.05892.

    Example:
        >>> RWKV6(64, heads=4)
        RWKV6(hidden=64, heads=4)
    """

    rank: int = field(default=64, kw_only=True)
    depth: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses places outside of the network.

        Raises:
            ValueError: also if not `0 <= depth <= 1`.
        """
        super().__post_init__()
        if not 0 <= self.depth <= 1:
            raise ValueError(f"{self}: depth must be in [0, 1]")

    def init(self, key: Key, input_dim: int) -> RWKV6Params:
        """Draws Glorot weights; decays start as constants, spread out."""
        keys = jax.random.split(key, 4)
        width, draw = self.heads * self.dk, Glorot()
        place = jnp.arange(width) / max(width - 1, 1)
        zigzag = 0.1 * ((jnp.arange(width, dtype=float) + 1) % 3 - 1)
        return RWKV6Params(
            w_r=draw(keys[0], (input_dim, width)),
            w_k=draw(keys[1], (input_dim, width)),
            w_v=draw(keys[2], (input_dim, self.hidden)),
            w_d1=jnp.zeros((input_dim, self.rank)),
            w_d2=Uniform(0.01)(keys[3], (self.rank, width)),
            b_d=5 * place ** (0.7 + 1.3 * self.depth) - 6,
            u=self.depth * (1 - place) + zigzag,
        )

    def initial_state(self, params: RWKV6Params, batch_shape: tuple[int, ...] = ()) -> RWKV6State:
        """Zeros and no decay; of single precision where the parameters are of less."""
        wide, shape = wide_dtype(params), (*batch_shape, self.heads)
        return RWKV6State(
            S=jnp.zeros((*shape, self.dk, self.dv), wide),
            w=jnp.ones((*shape, self.dk), wide),
            k=jnp.zeros((*shape, self.dk), wide),
            v=jnp.zeros((*shape, self.dv), wide),
        )

    def element(self, params: RWKV6Params, x: Array) -> RWKV6Element:
        """Returns no change but the token."""
        wide = wide_dtype(params)
        k, v = (self.split(x @ w).astype(wide) for w in (params.w_k, params.w_v))
        d = affine(jnp.tanh(x @ params.w_d1), params.w_d2, params.b_d).astype(wide)
        nothing = jnp.zeros((*k.shape, self.dv), wide)
        return RWKV6Element(jnp.ones_like(k), nothing, self.split(jnp.exp(-jnp.exp(d))), k, v)

    def compose(self, earlier: RWKV6Element, later: RWKV6Element) -> RWKV6Element:
        """Writes the earlier token to the drive."""
        drive = later.decay[..., None] * _written(earlier.drive, earlier) + later.drive
        decay = later.decay * earlier.w * earlier.decay
        return later._replace(decay=decay, drive=drive)

    def apply(self, element: RWKV6Element, state: RWKV6State) -> RWKV6State:
        """Writes the state's token, and takes the element's."""
        S = element.decay[..., None] * _written(state.S, state) + element.drive
        return RWKV6State(S, element.w, element.k, element.v)

    def readout(self, params: RWKV6Params, state: RWKV6State, x: Array) -> Array:
        """Returns `r (S + diag(u) k^T v)`, `[..., H]`."""
        S, _, k, v = state
        r = self.split(x @ params.w_r).astype(S.dtype)
        u = repeat(self.split(params.u.astype(S.dtype)), k)
        y = read_by(r, S) + jnp.sum(r * u * k, axis=-1, keepdims=True) * v
        return merge(y).astype(jnp.result_type(x, params.w_r))


def _written(S: Array, token: RWKV6State | RWKV6Element) -> Array:
    """Returns `diag(w) S + k^T v`."""
    return token.w[..., None] * S + outer(token.k, token.v)
