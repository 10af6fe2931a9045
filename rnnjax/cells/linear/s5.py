"""The simplified state space: one system for all features."""

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
    complex_of,
    hippo_normal,
    log_uniform,
    zoh,
)
from rnnjax.typing import Array, Key


class S5Params(NamedTuple):
    """Parameters of `S5`; complex numbers as real and imaginary parts, `P` of them in a state."""

    lambda_re: Array  # [P]
    lambda_im: Array  # [P]
    log_dt: Array  # [P]
    b_re: Array  # [D, P]
    b_im: Array  # [D, P]
    c_re: Array  # [P, H]
    c_im: Array  # [P, H]
    d: Array  # [D, H]


class S5Prepared(NamedTuple):
    """Parameters of `S5` with the system in discrete time, `[P]` each."""

    params: S5Params
    decay_re: Array
    decay_im: Array
    gain_re: Array
    gain_im: Array


class S5(LinearCell):
    """Simplified state space: one diagonal system of many inputs and many outputs.

        lambda = lambda_re + 1j * lambda_im,  dt = exp(log_dt)
        decay, gain = zoh(lambda, dt) = exp(dt * lambda), (exp(dt * lambda) - 1) / lambda
        h_t = decay * h_{t-1} + gain * (x_t b),  y_t = 2 real(h_t c) + x_t d

    A state is of `state_dim` numbers, by default `2 H`: `P = state_dim / 2` complex ones, each of
    which stands for its conjugate as well. The system starts as `blocks` copies, side by side, of
    the normal part of HiPPO-LegS. It is discretised by `discretisation`, `zoh` or `bilinear`, with
    a step for each number. As in the authors' code nothing holds `lambda_re` below zero in
    training. The paper's d is a vector, since its layers keep their width; a matrix serves any.

    References:
        Smith, Warrington & Linderman (2023), Simplified state space layers for sequence modeling,
        ICLR, arXiv:2208.04933, section 3 and appendix B.

    Example:
        >>> from rnnjax import cells
        >>> cells.S5(64, state_dim=32, blocks=4)
        S5(hidden=64, state_dim=32, blocks=4)
    """

    hidden: int
    state_dim: int | None = None
    blocks: int = 1
    dt_min: float = field(default=1e-3, kw_only=True)
    dt_max: float = field(default=0.1, kw_only=True)
    discretisation: Discretisation = field(default=zoh, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses states that do not divide into blocks of pairs, and steps that are none.

        Raises:
            ValueError: if `state_dim` is no multiple of `2 blocks` above zero or if not
                `0 < dt_min < dt_max`.
        """
        super().__post_init__()
        if not (self.state_dim is None or (type(self.state_dim) is int and self.state_dim >= 1)):
            raise ValueError(f"{self}: state_dim must be a whole number of 1 or more")
        if self.pairs * 2 != (self.state_dim or 2 * self.hidden) or self.pairs % self.blocks:
            raise ValueError(f"{self}: state_dim must be a multiple of 2 blocks")
        if not 0 < self.dt_min < self.dt_max:
            raise ValueError(f"{self}: needs 0 < dt_min < dt_max")

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    @property
    def pairs(self) -> int:
        """P, the complex numbers of a state."""
        return (self.state_dim or 2 * self.hidden) // 2

    def init(self, key: Key, input_dim: int) -> S5Params:
        """Draws real maps of the whole state, and turns them into the basis of eigenvectors."""
        keys = jax.random.split(key, 5)
        pairs, size = self.pairs, 2 * self.pairs
        eigenvalues, vectors = hippo_normal(size // self.blocks)
        eigenvalues = np.tile(eigenvalues, self.blocks)
        vectors = np.kron(np.eye(self.blocks), vectors)  # [2P, P]
        v_re, v_im = (jnp.asarray(part, float) for part in (np.real(vectors), np.imag(vectors)))
        draw = Normal(size**-0.5)  # the code's deviations, of b too
        b = draw(keys[0], (input_dim, size))
        c_re, c_im = (draw(k, (size, self.hidden)) for k in keys[1:3])
        return S5Params(
            lambda_re=jnp.asarray(np.real(eigenvalues), float),
            lambda_im=jnp.asarray(np.imag(eigenvalues), float),
            log_dt=log_uniform(keys[3], (pairs,), self.dt_min, self.dt_max),
            # Those of the real system in the basis of eigenvectors V: b conj(V) and V^T c.
            b_re=b @ v_re,
            b_im=-b @ v_im,
            c_re=v_re.T @ c_re - v_im.T @ c_im,
            c_im=v_re.T @ c_im + v_im.T @ c_re,
            d=Glorot()(keys[4], (input_dim, self.hidden)),
        )

    def initial_state(
        self, params: S5Params | S5Prepared, batch_shape: tuple[int, ...] = ()
    ) -> LinearState:
        """Zeros, complex; of single precision where the parameters are of less."""
        params = params.params if isinstance(params, S5Prepared) else params
        dtype = complex_dtype(params.lambda_re.dtype)
        return LinearState(jnp.zeros((*batch_shape, self.pairs), dtype))

    def prepare(self, params: S5Params | S5Prepared) -> S5Prepared:
        """Discretises the system."""
        if isinstance(params, S5Prepared):
            return params
        eigenvalues = complex_of(params.lambda_re, params.lambda_im)
        dt = jnp.exp(params.log_dt.astype(eigenvalues.real.dtype))
        decay, gain = self.discretisation(eigenvalues, dt.astype(eigenvalues.dtype))
        return S5Prepared(params, decay.real, decay.imag, gain.real, gain.imag)

    def coefficients(self, params: S5Params | S5Prepared, x: Array) -> tuple[Array, Array]:
        """Returns `decay` and `gain * (x b)`, complex `[..., P]`."""
        p = self.prepare(params)
        u = complex_of(x @ p.params.b_re, x @ p.params.b_im)
        gain = jax.lax.complex(p.gain_re, p.gain_im)
        return repeat(jax.lax.complex(p.decay_re, p.decay_im), u), repeat(gain, u) * u

    def readout(self, params: S5Params | S5Prepared, h: Array, x: Array) -> Array:
        """Returns `2 real(h c) + x d`, `[..., H]`."""
        p = self.prepare(params).params
        dtype = jnp.result_type(x, p.c_re)
        real = h.real.astype(dtype) @ p.c_re - h.imag.astype(dtype) @ p.c_im
        return 2 * real + x @ p.d
