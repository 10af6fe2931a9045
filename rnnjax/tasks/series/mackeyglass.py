"""The Mackey-Glass equation."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.tasks.series.series import Forecast, least
from rnnjax.typing import Array, Key

_MADE, _LOST, _POWER = 0.2, 0.1, 10


class MackeyGlass(Forecast):
    """Foresee the Mackey-Glass equation, a model of how blood cells are made, with a delay.

        dx/dt = 0.2 x(t - delay) / (1 + x(t - delay)^10) - 0.1 x(t)

    There is one value a unit of time. It begins with a history of 1.2, each number of it off by up
    to 0.1. With a delay of 17 a hump takes about 50 steps and errors grow by a factor `e` in 200,
    or in 165 as Euler's method in ten steps a unit has it; with 30 the motion is wilder.

    Which series it is depends on how it is made:

    - the defaults are Jaeger's: Euler's method in ten steps a unit, then `tanh(x - 1)`;
    - Voelker's is `MackeyGlass(5000, ahead=15, transient=100, mean=-0.066)`;
    - the equation itself, of mean 0 and variance 1, is about
      `MackeyGlass(order=4, squashed=False, mean=0.930, std=0.226)`, with a delay of 30 `mean=0.896,
      std=0.281`;
    - `substeps=1` with Euler's method, found in some courses, is another attractor.

    There is no `baseline`: what the present value says of a later one has no closed form.

    Attributes:
        delay: of what is made, in units of time and of steps; 17 is mildly chaotic, 30 more so.
        substeps: steps of the solver from one value to the next.
        order: of the solver, 1 for Euler's method and 4 for the Runge-Kutta method.
        transient: steps that are left out before the first.
        squashed: whether a value is `tanh(x - 1)`, else x.
        mean: what is then taken off.
        std: by what it is then divided.

    References:
        Mackey & Glass (1977), Oscillation and chaos in physiological control systems, Science 197.
        Jaeger & Haas (2004), Harnessing nonlinearity: predicting chaotic systems and saving energy
        in wireless communication, Science 304.
        Voelker, Kajić & Eliasmith (2019), Legendre memory units: continuous-time representation in
        recurrent neural networks, NeurIPS.

    Example:
        >>> task = MackeyGlass(squashed=False)
        >>> x = task.trajectory(jnp.full(task.held, 1.2), 10)
        >>> round(x[0].item(), 4), round(x[9].item(), 4)
        (1.1172, 0.6508)
    """

    delay: int = 17
    substeps: int = 10
    order: int = 1

    _: dataclasses.KW_ONLY
    transient: int = 1000
    squashed: bool = True
    mean: float = 0.0
    std: float = 1.0

    def __post_init__(self) -> None:
        """Refuses what cannot be.

        Raises:
            ValueError: if `delay` has not two steps of the solver, `order` is neither 1 nor 4,
                `transient` is negative, `std` not positive, or see `Forecast`.
        """
        super().__post_init__()
        least(self, delay=1, substeps=1, transient=0)
        if self.delay * self.substeps < 2:
            raise ValueError(f"{self}: delay must have two steps of the solver or more")
        if self.order not in (1, 4):
            raise ValueError(f"{self}: order must be 1 or 4")
        if not self.std > 0:
            raise ValueError(f"{self}: std must be positive")

    @property
    def features(self) -> int:
        """One."""
        return 1

    @property
    def held(self) -> int:
        """How many numbers of its past the solver keeps: the delay, both ends, and one before."""
        return self.delay * self.substeps + 2

    def series(self, key: Key, steps: int) -> Array:
        """Draws a series."""
        noise = jax.random.uniform(key, (self.held,), minval=-0.1, maxval=0.1)
        x = self.trajectory(1.2 + noise.at[-1].set(0), self.transient + steps)[self.transient :]
        return ((jnp.tanh(x - 1) if self.squashed else x)[:, None] - self.mean) / self.std

    def trajectory(self, history: Array, steps: int) -> Array:
        """Returns x `[steps]` at the times 1, 2, ... after a history `[held]`, which ends at 0.

        For as long as the delay what is made is known, and x is linear in it: so many steps of the
        solver are one product with a matrix.
        """
        block, (lasting, weights) = self.held - 3, self._method
        powers = np.arange(block)[:, None] - np.arange(block)
        made = np.where(powers >= 0, lasting ** np.maximum(powers, 0), 0)
        kept = lasting ** np.arange(1, block + 1)
        made, kept = (jnp.asarray(m, history.dtype) for m in (made, kept))

        def body(past: Array, _: None) -> tuple[Array, Array]:
            # From the second number on they are of times one delay before the steps to be made.
            between = (9 * (past[1:-2] + past[2:-1]) - past[:-3] - past[3:]) / 16
            p, q = _made(past), _made(between)
            drive = weights[0] * p[1:-2] + weights[1] * q + weights[2] * p[2:-1]
            new = jnp.matmul(made, drive, precision=jax.lax.Precision.HIGHEST) + kept * past[-1]
            return jnp.concatenate([past, new])[-self.held :], new

        blocks = -(-steps * self.substeps // block)
        xs = jax.lax.scan(body, history, length=blocks)[1].reshape(-1)
        return xs[self.substeps - 1 : steps * self.substeps : self.substeps]

    @property
    def _method(self) -> tuple[float, tuple[float, float, float]]:
        """What a step of the solver leaves of x, and what it adds.

        It adds multiples of what is made at its beginning, its middle and its end.
        """
        h = 1 / self.substeps
        z = _LOST * h
        if self.order == 1:
            return 1 - z, (h, 0.0, 0.0)
        lasting = 1 - z + z**2 / 2 - z**3 / 6 + z**4 / 24
        first, middle = 1 - z + z**2 / 2 - z**3 / 4, 4 - 2 * z + z**2 / 2
        return lasting, (h / 6 * first, h / 6 * middle, h / 6)


def _made(x: Array) -> Array:
    """Returns the rate at which cells are made when there were x of them a delay ago."""
    return _MADE * x / (1 + x**_POWER)
