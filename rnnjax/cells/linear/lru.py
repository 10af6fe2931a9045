"""The linear recurrent unit: complex, diagonal, stable by construction."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import LinearCell, LinearState
from rnnjax.cells.broadcast import complex_dtype, repeat
from rnnjax.cells.initializers import Glorot, Normal
from rnnjax.cells.spectra import on_ring
from rnnjax.typing import Array, Key


class LRUParams(NamedTuple):
    """Parameters of `LRU`; complex matrices as real and imaginary parts."""

    nu_log: Array  # [H], |lambda| = exp(-exp(nu_log))
    theta_log: Array  # [H], arg(lambda) = exp(theta_log), in radians a step
    gamma_log: Array  # [H]
    b_re: Array  # [D, H]
    b_im: Array  # [D, H]
    c_re: Array  # [H, H]
    c_im: Array  # [H, H]
    d: Array  # [D, H]


class LRU(LinearCell):
    """Linear recurrent unit.

        lambda = exp(-exp(nu_log) + 1j * exp(theta_log))
        h_t = lambda * h_{t-1} + exp(gamma_log) * (x_t b),  h complex
        y_t = real(h_t c) + x_t d

    At first the eigenvalues lie uniformly on the ring between `r_min` and `r_max`, at phases up to
    `max_phase` radians. The paper's `d` is a vector, since its layers keep their width; a matrix
    serves any width. A nonlinearity belongs between such units, not in them.

    References:
        Orvieto et al. (2023), Resurrecting recurrent neural networks for long sequences, ICML,
        arXiv:2303.06349, eq. 5, section 3.4 and appendix A.

    Example:
        >>> from rnnjax import cells
        >>> cells.LRU(64, max_phase=0.3)  # slow oscillations alone, for long sequences
        LRU(hidden=64, r_min=0.9, r_max=0.999, max_phase=0.3)
    """

    hidden: int
    r_min: float = 0.9
    r_max: float = 0.999
    max_phase: float = 6.28

    def __post_init__(self) -> None:
        """Refuses a ring that is none or leaves the unit disc.

        Raises:
            ValueError: if not `0 <= r_min < r_max < 1` or not `0 < max_phase`.
        """
        super().__post_init__()
        if not (0 <= self.r_min < self.r_max < 1 and self.max_phase > 0):
            raise ValueError(f"{self}: needs 0 <= r_min < r_max < 1 and 0 < max_phase")

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> LRUParams:
        """Draws eigenvalues on the ring; `gamma` makes the states of white noise of unit size."""
        keys = jax.random.split(key, 7)
        square, phase = on_ring(
            keys[0], keys[1], self.hidden, self.r_min, self.r_max, self.max_phase
        )
        # Half the variance each, so that |b|^2 sums to 1 over inputs and |c|^2 over units.
        b_init, c_init = Normal((2 * input_dim) ** -0.5), Normal(self.hidden**-0.5)
        return LRUParams(
            nu_log=jnp.log(-0.5 * jnp.log(square)),
            theta_log=jnp.log(phase),
            gamma_log=0.5 * jnp.log1p(-square),
            b_re=b_init(keys[2], (input_dim, self.hidden)),
            b_im=b_init(keys[3], (input_dim, self.hidden)),
            c_re=c_init(keys[4], (self.hidden, self.hidden)),
            c_im=c_init(keys[5], (self.hidden, self.hidden)),
            d=Glorot()(keys[6], (input_dim, self.hidden)),
        )

    def initial_state(self, params: LRUParams, batch_shape: tuple[int, ...] = ()) -> LinearState:
        """Zeros, complex; of single precision where the parameters are of less."""
        dtype = complex_dtype(params.nu_log.dtype)
        return LinearState(jnp.zeros((*batch_shape, self.hidden), dtype))

    def coefficients(self, params: LRUParams, x: Array) -> tuple[Array, Array]:
        """Returns `lambda` and `gamma * (x b)`, complex `[..., H]`."""
        # Complex numbers have no half precision, and |lambda| near 1 would not survive it.
        wide = jnp.finfo(complex_dtype(params.nu_log.dtype)).dtype
        nu, theta, gamma = (
            jnp.exp(p.astype(wide)) for p in (params.nu_log, params.theta_log, params.gamma_log)
        )
        decay = jax.lax.complex(jnp.exp(-nu) * jnp.cos(theta), jnp.exp(-nu) * jnp.sin(theta))
        drive_re = (x @ params.b_re).astype(wide)
        drive_im = (x @ params.b_im).astype(wide)
        gamma = repeat(gamma, drive_re)
        drive = jax.lax.complex(gamma * drive_re, gamma * drive_im)
        return repeat(decay, drive), drive

    def readout(self, params: LRUParams, h: Array, x: Array) -> Array:
        """Returns `real(h c) + x d`, `[..., H]`."""
        dtype = jnp.result_type(x, params.c_re)
        real = h.real.astype(dtype) @ params.c_re - h.imag.astype(dtype) @ params.c_im
        return real + x @ params.d
