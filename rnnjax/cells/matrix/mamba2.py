"""The selective state space with one rate a head: Mamba as a matrix memory."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import Activation, silu
from rnnjax.cells.broadcast import affine, repeat
from rnnjax.cells.initializers import Glorot
from rnnjax.cells.linear.statespace import inverse_softplus, log_uniform
from rnnjax.cells.matrix.heads import merge, wide_dtype
from rnnjax.cells.matrix.memories import DecayElement, DecayingMemory, MatrixState
from rnnjax.typing import Array, Key


class Mamba2Params(NamedTuple):
    """Parameters of `Mamba2`."""

    w_x: Array  # [D, H]
    w_b: Array  # [D, dk]
    w_c: Array  # [D, dk]
    w_dt: Array  # [D, heads]
    b_dt: Array  # [heads]
    a_log: Array  # [heads]
    d: Array  # [heads]


class Mamba2(DecayingMemory):
    """Selective state space with a scalar decay: the recurrence of Mamba-2.

        u_t = activation(x_t w_x)                                                   in heads
        b_t, c_t = activation(x_t w_b), activation(x_t w_c)                         for all heads
        dt_t = softplus(x_t w_dt + b_dt)                                            one a head
        S_t = exp(-dt_t exp(a_log)) * S_{t-1} + dt_t b_t^T u_t,  y_t = c_t S_t + d * u_t

    It is linear attention with queries c, keys b and values `dt * u`. A head is
    `dv = hidden / heads` wide, the paper's P; b and c are `dk` wide, the paper's N: 128, or
    `key_dim`. Unlike in `Mamba`, b, c and dt are maps of the input itself. The convolution before
    `activation`, the branch that gates the output and the norm belong to the paper's block.

    References:
        Dao & Gu (2024), Transformers are SSMs: generalized models and efficient algorithms through
        structured state space duality, ICML, arXiv:2405.21060, section 7.

    Example:
        >>> Mamba2(64, heads=4, key_dim=16)
        Mamba2(hidden=64, heads=4, key_dim=16)
    """

    dt_min: float = field(default=1e-3, kw_only=True)
    dt_max: float = field(default=0.1, kw_only=True)
    activation: Activation = field(default=silu, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses steps of time that are none.

        Raises:
            ValueError: also if not `0 < dt_min < dt_max`.
        """
        super().__post_init__()
        if not 0 < self.dt_min < self.dt_max:
            raise ValueError(f"{self}: needs 0 < dt_min < dt_max")

    @property
    def dk(self) -> int:
        """The width of b and c."""
        return self.key_dim or 128

    def init(self, key: Key, input_dim: int) -> Mamba2Params:
        """Draws Glorot weights, rates between 1 and 16, and steps in their range."""
        keys = jax.random.split(key, 6)
        draw = Glorot()
        dt = jnp.exp(log_uniform(keys[4], (self.heads,), self.dt_min, self.dt_max))
        rates = jax.random.uniform(keys[5], (self.heads,), minval=1.0, maxval=16.0)
        return Mamba2Params(
            w_x=draw(keys[0], (input_dim, self.hidden)),
            w_b=draw(keys[1], (input_dim, self.dk)),
            w_c=draw(keys[2], (input_dim, self.dk)),
            w_dt=draw(keys[3], (input_dim, self.heads)),
            b_dt=inverse_softplus(dt),
            a_log=jnp.log(rates),
            d=jnp.ones(self.heads),
        )

    def element(self, params: Mamba2Params, x: Array) -> DecayElement:
        """Returns `exp(-dt exp(a_log))`, for all rows alike, and `dt b^T u`."""
        wide = wide_dtype(params)
        u = self.split(self.activation(x @ params.w_x)).astype(wide)
        b = self.activation(x @ params.w_b).astype(wide)
        dt = jax.nn.softplus(affine(x, params.w_dt, params.b_dt).astype(wide))
        rates = repeat(jnp.exp(params.a_log.astype(wide)), dt)
        drive = b[..., None, :, None] * (dt[..., None] * u)[..., None, :]
        return DecayElement(jnp.exp(-dt * rates)[..., None], drive)

    def readout(self, params: Mamba2Params, state: MatrixState, x: Array) -> Array:
        """Returns `c S + d * u`, `[..., H]`."""
        u = self.activation(x @ params.w_x)
        c = self.activation(x @ params.w_c).astype(state.S.dtype)
        read = merge(jnp.einsum("...k,...hkv->...hv", c, state.S)).astype(u.dtype)
        return read + repeat(jnp.repeat(params.d, self.dv), u) * u
