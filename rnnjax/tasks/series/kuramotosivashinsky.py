"""The Kuramoto-Sivashinsky equation."""

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.tasks.series.series import least
from rnnjax.tasks.series.system import System
from rnnjax.typing import Array, Key

_CONTOUR = 16  # points on half a circle round a number, over which a function is averaged


class KuramotoSivashinsky(System):
    """Predict a flame front: a chaotic wave on a circle, sampled at `points` places.

        du/dt = -u du/dx - d^2u/dx^2 - d^4u/dx^4,      u periodic in x with period `domain`

    It is solved in the Fourier coefficients of u by exponential time differencing with the
    Runge-Kutta method of fourth order (ETDRK4): exactly in the linear part, numerically in the
    rest. On a circle of length 22 errors grow by a factor of e in 21 units of time, 84 steps of
    0.25. The solver's error in a step is 4e-5 standard deviations. The mean of u over x is 0.

    Attributes:
        points: places at equal distances; an even number.
        domain: length of the circle.
        step: time from one value to the next.
        substeps: steps of the solver in it.

    References:
        Kuramoto & Tsuzuki (1976), Persistent propagation of concentration waves in dissipative
        media far from thermal equilibrium, Progress of Theoretical Physics 55.
        Kassam & Trefethen (2005), Fourth-order time-stepping for stiff PDEs, SIAM Journal on
        Scientific Computing 26 (the method).
        Pathak, Hunt, Girvan, Lu & Ott (2018), Model-free prediction of large spatiotemporally
        chaotic systems from data, Physical Review Letters 120 (the task; this domain and step).

    Example:
        >>> batch = KuramotoSivashinsky(length=5).sample(jax.random.key(0), batch_size=2)
        >>> batch.inputs.shape, bool(jnp.abs(batch.inputs.mean(-1)).max() < 1e-6)
        ((5, 2, 64), True)
    """

    std = (1.185,)

    length: int = 200
    points: int = 64
    domain: float = 22.0

    _: dataclasses.KW_ONLY
    transient: int = 400
    step: float = 0.25
    substeps: int = 1

    def __post_init__(self) -> None:
        """Refuses what cannot be solved.

        Raises:
            ValueError: if `points` is odd or below 8, `domain` or `step` is not positive,
                `substeps` is below 1, or see `System`.
        """
        super().__post_init__()
        least(self, points=8, substeps=1)
        if self.points % 2:
            raise ValueError(f"{self}: points must be even")
        if not (self.domain > 0 and self.step > 0):
            raise ValueError(f"{self}: domain and step must be positive")

    @property
    def coordinates(self) -> int:
        """One for each place."""
        return self.points

    def start(self, key: Key) -> Array:
        """Draws small numbers, of mean zero, at the places."""
        u = jax.random.uniform(key, (self.points,), minval=-0.6, maxval=0.6)
        return self.state_of(u - u.mean())

    def state_of(self, u: Array) -> Array:
        """Returns the state of a wave `[points]`: its coefficients `[points / 2 + 1]`."""
        return jnp.fft.rfft(u)

    def coordinates_of(self, state: Array) -> Array:
        """Returns the wave at the places."""
        return jnp.fft.irfft(state, self.points)

    def advance(self, state: Array) -> Array:
        """Returns the state one interval later."""
        c = self._coefficients

        def change(v: Array) -> Array:
            return c.slope * self.state_of(self.coordinates_of(v) ** 2)

        def substep(_: Array | int, v: Array) -> Array:
            n_v = change(v)
            a = c.half * v + c.q * n_v
            n_a = change(a)
            b = c.half * v + c.q * n_a
            n_b = change(b)
            n_c = change(c.half * a + c.q * (2 * n_b - n_v))
            return c.whole * v + c.first * n_v + 2 * c.middle * (n_a + n_b) + c.last * n_c

        return jax.lax.fori_loop(0, self.substeps, substep, state)

    @property
    def _coefficients(self) -> "_Coefficients":
        """The coefficients of the method, computed in double precision.

        Near z = 0 their formulas lose all digits to cancellation, so they are averaged over a
        circle in the complex plane round z instead (Kassam & Trefethen, section 3).
        """
        h = self.step / self.substeps
        k = 2 * np.pi / self.domain * np.arange(self.points // 2 + 1)
        linear = h * (k**2 - k**4)
        k[-1] = 0  # the highest wave has no slope at the places
        circle = np.exp(1j * np.pi * (np.arange(_CONTOUR) + 0.5) / _CONTOUR)
        z = linear[:, None] + circle
        e = np.exp(z)
        means = [
            (np.exp(z / 2) - 1) / z,
            (-4 - z + e * (4 - 3 * z + z**2)) / z**3,
            (2 + z + e * (z - 2)) / z**3,
            (-4 - 3 * z - z**2 + e * (4 - z)) / z**3,
        ]
        means = [h * mean.mean(1).real for mean in means]
        real, whole = jnp.zeros(()).dtype, np.exp(linear)
        parts = [jnp.asarray(part, real) for part in (whole, np.sqrt(whole), *means)]
        return _Coefficients(-0.5j * jnp.asarray(k, real), *parts)


class _Coefficients(NamedTuple):
    """One number for each wave; `first`, `middle` and `last` are f1, f2 and f3 of the paper."""

    slope: Array  # -i k / 2, the factor of the square in the nonlinear part
    whole: Array  # the factor by which the linear part grows a wave in a step
    half: Array  # the same in half a step
    q: Array
    first: Array
    middle: Array
    last: Array
