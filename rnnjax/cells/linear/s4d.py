"""The diagonal structured state space: a bank of oscillators a feature."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.cells.base import LinearCell, LinearState
from rnnjax.cells.broadcast import complex_dtype, repeat
from rnnjax.cells.initializers import Glorot, Normal
from rnnjax.cells.linear.statespace import (
    Discretisation,
    Spectrum,
    complex_of,
    log_uniform,
    s4d_lin,
    zoh,
)
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Key


class S4DParams(NamedTuple):
    """Parameters of `S4D`; `N = state_dim`."""

    w_x: Array  # [D, H]
    log_dt: Array  # [H]
    a_log: Array  # [H, N/2], real(a) = -exp(a_log)
    a_im: Array  # [H, N/2]
    c_re: Array  # [H, N/2]
    c_im: Array  # [H, N/2]
    d: Array  # [H]


class S4DPrepared(NamedTuple):
    """Parameters of `S4D` with the system in discrete time, `[H, N/2]` each."""

    params: S4DParams
    decay_re: Array
    decay_im: Array
    gain_re: Array
    gain_im: Array


class S4D(LinearCell):
    """Diagonal structured state space: H systems of one input and one output, N numbers each.

        u_t = x_t w_x,  a = -exp(a_log) + 1j * a_im,  dt = exp(log_dt)
        decay, gain = zoh(a, dt) = exp(dt * a), (exp(dt * a) - 1) / a
        h_t = decay * h_{t-1} + gain * u_t,  y_t = 2 real(sum(c * h_t)) + d * u_t

    The N numbers are `N / 2` complex ones, each of which stands for its conjugate as well. What the
    paper calls B is in c. The systems are discretised by `discretisation`, `zoh` or `bilinear`, and
    start with the eigenvalues of `spectrum`: `s4d_lin`, `s4d_inv`, `s4d_legs` or `s4d_real`. In the
    paper H features go in; here `w_x` makes those of any inputs. The nonlinearity and the product
    that mixes the outputs belong to the layer.

    References:
        Gu, Gupta, Goel & Ré (2022), On the parameterization and initialization of diagonal state
        space models, NeurIPS, arXiv:2206.11893, sections 3 and 4.

    Example:
        >>> from rnnjax import cells
        >>> cells.S4D(64, discretisation=cells.bilinear, spectrum=cells.s4d_legs)
        S4D(hidden=64, state_dim=64, discretisation=bilinear, spectrum=s4d_legs)
    """

    hidden: int
    state_dim: int = 64
    dt_min: float = field(default=1e-3, kw_only=True)
    dt_max: float = field(default=0.1, kw_only=True)
    discretisation: Discretisation = field(default=zoh, kw_only=True)
    spectrum: Spectrum = field(default=s4d_lin, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses odd sizes of a state, and steps of time that are none.

        Raises:
            ValueError: if `state_dim` is odd or if not `0 < dt_min < dt_max`.
        """
        super().__post_init__()
        if self.state_dim % 2:
            raise ValueError(f"{self}: state_dim must be even")
        if not 0 < self.dt_min < self.dt_max:
            raise ValueError(f"{self}: needs 0 < dt_min < dt_max")

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> S4DParams:
        """Draws steps of time evenly in their logarithms; each c is of size 1, as each d is."""
        keys = jax.random.split(key, 5)
        shape = (self.hidden, self.state_dim // 2)
        a = self.spectrum(shape[1])
        c_init = Normal(0.5**0.5)
        return S4DParams(
            w_x=Glorot()(keys[0], (input_dim, self.hidden)),
            log_dt=log_uniform(keys[1], (self.hidden,), self.dt_min, self.dt_max),
            a_log=jnp.tile(jnp.log(-jnp.asarray(np.real(a), float)), (self.hidden, 1)),
            a_im=jnp.tile(jnp.asarray(np.imag(a), float), (self.hidden, 1)),
            c_re=c_init(keys[2], shape),
            c_im=c_init(keys[3], shape),
            d=Normal(1.0)(keys[4], (1, self.hidden))[0],
        )

    def initial_state(
        self, params: S4DParams | S4DPrepared, batch_shape: tuple[int, ...] = ()
    ) -> LinearState:
        """Zeros, complex; of single precision where the parameters are of less."""
        params = params.params if isinstance(params, S4DPrepared) else params
        dtype = complex_dtype(params.a_im.dtype)
        return LinearState(jnp.zeros((*batch_shape, self.hidden, self.state_dim // 2), dtype))

    def prepare(self, params: S4DParams | S4DPrepared) -> S4DPrepared:
        """Discretises the systems."""
        if isinstance(params, S4DPrepared):
            return params
        wide = single_or_wider(params.a_im.dtype)
        a = complex_of(-jnp.exp(params.a_log.astype(wide)), params.a_im)
        dt = jnp.exp(params.log_dt.astype(wide))
        dt = jnp.broadcast_to(dt[:, None], a.shape).astype(a.dtype)
        decay, gain = self.discretisation(a, dt)
        return S4DPrepared(params, decay.real, decay.imag, gain.real, gain.imag)

    def coefficients(self, params: S4DParams | S4DPrepared, x: Array) -> tuple[Array, Array]:
        """Returns `decay` and `gain * u`, complex `[..., H, N/2]`."""
        p = self.prepare(params)
        u = (x @ p.params.w_x).astype(p.gain_re.dtype)
        u = jnp.broadcast_to(u[..., None], (*u.shape, self.state_dim // 2))
        drive = jax.lax.complex(repeat(p.gain_re, u) * u, repeat(p.gain_im, u) * u)
        return repeat(jax.lax.complex(p.decay_re, p.decay_im), drive), drive

    def readout(self, params: S4DParams | S4DPrepared, h: Array, x: Array) -> Array:
        """Returns `2 real(sum(c * h)) + d * u`, `[..., H]`."""
        p = self.prepare(params).params
        c = repeat(complex_of(p.c_re, p.c_im), h)
        u = x @ p.w_x
        read = 2 * jnp.sum(c.real * h.real - c.imag * h.imag, axis=-1)
        return read.astype(u.dtype) + repeat(p.d, u) * u
