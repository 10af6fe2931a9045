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
    """Foresee a flame front: a chaotic wave on a circle, seen at `points` places.

        du/dt = -u du/dx - d^2u/dx^2 - d^4u/dx^4,      u periodic in x with period `domain`

    A state is the waves that u consists of, real-valued Fourier coefficients. The linear part is
    solved exactly, the rest by exponential time differencing of fourth order. On the domain 22
    errors grow by a factor `e` in 21 units of time, 84 steps of 0.25; that of a step, as it is
    solved here, is 4e-5 standard deviations. The mean of u over x is 0.

    Attributes:
        points: places at equal distances.
        domain: how long the circle is.
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
        """One a place."""
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
        """Those of the method, in double precision.

        The functions of z that stand in them lose all digits near 0; a mean over a circle round z
        does not (section 3 of the paper).
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
    """Numbers of the method, one a wave; `first` and those after it are f1, f2, f3 of the paper."""

    slope: Array  # of the square, in what is not linear
    whole: Array  # what the linear part makes of a wave in a step
    half: Array  # and in half a step
    q: Array
    first: Array
    middle: Array
    last: Array
