"""The selective state space: steps of time, writes and reads that the input decides on."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, silu
from rnnjax.cells.base import LinearCell, LinearState
from rnnjax.cells.broadcast import affine, repeat
from rnnjax.cells.initializers import Glorot, Uniform
from rnnjax.cells.linear.statespace import inverse_softplus, log_uniform
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Key


class MambaParams(NamedTuple):
    """Parameters of `Mamba`; `N = state_dim`."""

    w_x: Array  # [D, H]
    w_r: Array  # [H, rank]
    w_b: Array  # [H, N]
    w_c: Array  # [H, N]
    w_dt: Array  # [rank, H]
    b_dt: Array  # [H]
    a_log: Array  # [H, N]
    d: Array  # [H]


class Mamba(LinearCell):
    """Selective state space, S6: the recurrence of Mamba.

        u_t = activation(x_t w_x)
        b_t, c_t = u_t w_b, u_t w_c,  dt_t = softplus(u_t w_r w_dt + b_dt)
        h_t = exp(-dt_t exp(a_log)) * h_{t-1} + (dt_t * u_t)^T b_t          h [H, N]
        y_t = h_t c_t + d * u_t

    Each of H features has a state of `N = state_dim` numbers. The drive is that of the authors'
    code, `dt b`, where the paper's eq. 4 has the exact `(exp(dt a) - 1) / a * b`: with N = 1 and
    a = -1 this is therefore not quite the gate of the paper's theorem 1. The map of `dt` is of rank
    `rank`, a sixteenth of `hidden` by default, rounded up. The convolution before `activation` and
    the branch that gates the output belong to the paper's block.

    References:
        Gu & Dao (2023), Mamba: linear-time sequence modeling with selective state spaces,
        arXiv:2312.00752, section 3.2, algorithm 2.

    Example:
        >>> from rnnjax import cells
        >>> cells.Mamba(64)
        Mamba(hidden=64, state_dim=16)
    """

    hidden: int
    state_dim: int = 16
    rank: int | None = field(default=None, kw_only=True)
    dt_min: float = field(default=1e-3, kw_only=True)
    dt_max: float = field(default=0.1, kw_only=True)
    activation: Activation = field(default=silu, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses a rank that is none, and steps of time that are none.

        Raises:
            ValueError: if `rank` is no count or if not `0 < dt_min < dt_max`.
        """
        super().__post_init__()
        if not (self.rank is None or (type(self.rank) is int and self.rank >= 1)):
            raise ValueError(f"{self}: rank must be a whole number of 1 or more")
        if not 0 < self.dt_min < self.dt_max:
            raise ValueError(f"{self}: needs 0 < dt_min < dt_max")

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> MambaParams:
        """Draws Glorot weights; steps of time start between `dt_min` and `dt_max`."""
        keys = jax.random.split(key, 6)
        rank, draw = self.rank or -(-self.hidden // 16), Glorot()
        dt = jnp.exp(log_uniform(keys[5], (self.hidden,), self.dt_min, self.dt_max))
        rates = 1.0 + jnp.arange(self.state_dim, dtype=float)
        return MambaParams(
            w_x=draw(keys[0], (input_dim, self.hidden)),
            w_r=draw(keys[1], (self.hidden, rank)),
            w_b=draw(keys[2], (self.hidden, self.state_dim)),
            w_c=draw(keys[3], (self.hidden, self.state_dim)),
            w_dt=Uniform(rank**-0.5)(keys[4], (rank, self.hidden)),
            b_dt=inverse_softplus(dt),
            a_log=jnp.tile(jnp.log(rates), (self.hidden, 1)),
            d=jnp.ones(self.hidden),
        )

    def initial_state(self, params: MambaParams, batch_shape: tuple[int, ...] = ()) -> LinearState:
        """Zeros; of single precision where the parameters are of less."""
        wide = single_or_wider(params.w_x.dtype)
        return LinearState(jnp.zeros((*batch_shape, self.hidden, self.state_dim), wide))

    def coefficients(self, params: MambaParams, x: Array) -> tuple[Array, Array]:
        """Returns `exp(-dt exp(a_log))` and `(dt * u)^T b`, `[..., H, N]`."""
        wide = single_or_wider(params.w_x.dtype)
        u = self.activation(x @ params.w_x)
        dt = jax.nn.softplus(affine(u @ params.w_r, params.w_dt, params.b_dt).astype(wide))
        b = (u @ params.w_b).astype(wide)
        drive = (dt * u.astype(wide))[..., :, None] * b[..., None, :]
        rates = repeat(jnp.exp(params.a_log.astype(wide)), drive)
        return jnp.exp(-dt[..., None] * rates), drive

    def readout(self, params: MambaParams, h: Array, x: Array) -> Array:
        """Returns `h c + d * u`, `[..., H]`."""
        u = self.activation(x @ params.w_x)
        c = (u @ params.w_c).astype(h.dtype)
        read = jnp.einsum("...hn,...n->...h", h, c)
        return read.astype(u.dtype) + repeat(params.d, u) * u
