"""The Mackey-Glass equation."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.tasks.series.series import Forecast, least
from rnnjax.typing import Array, Key

_MADE, _LOST, _POWER = 0.2, 0.1, 10


class MackeyGlass(Forecast):
    """Predict the Mackey-Glass equation, a model of the production of blood cells with a delay.

        dx/dt = 0.2 x(t - delay) / (1 + x(t - delay)^10) - 0.1 x(t)

    The series has one value in each unit of time. It starts from a history of the constant 1.2,
    with noise uniform in [-0.1, 0.1]. With a delay of 17 one oscillation takes about 50 steps, and
    errors grow by a factor of e in 200 steps, or in 165 where Euler's method takes ten steps in a
    unit of time. With a delay of 30 it is more chaotic.

    Published series differ in how they are made:

    - the defaults are Jaeger's: Euler's method in ten steps a unit, then `tanh(x - 1)`;
    - Voelker's is `MackeyGlass(5000, ahead=15, transient=100, mean=-0.066)`;
    - the equation itself, of mean 0 and variance 1, is about
      `MackeyGlass(order=4, squashed=False, mean=0.930, std=0.226)`, with a delay of 30 `mean=0.896,
      std=0.281`;
    - Euler's method with `substeps=1`, found in some courses, has another attractor.

    There is no `baseline`: the best guess of a later value from the present one has no closed form.

    Attributes:
        delay: of the production, in units of time, which are steps; 17 is mildly chaotic, 30 more.
        substeps: steps of the solver from one value to the next.
        order: of the solver: 1 for Euler's method, 4 for the Runge-Kutta method.
        transient: steps from the start that are left out.
        squashed: whether a value is `tanh(x - 1)`, else x.
        mean: subtracted from that.
        std: by which the difference is divided.

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
        """How many past values the solver keeps: those of a delay with both ends, and one more."""
        return self.delay * self.substeps + 2

    def series(self, key: Key, steps: int) -> Array:
        """Draws a series."""
        noise = jax.random.uniform(key, (self.held,), minval=-0.1, maxval=0.1)
        x = self.trajectory(1.2 + noise.at[-1].set(0), self.transient + steps)[self.transient :]
        return ((jnp.tanh(x - 1) if self.squashed else x)[:, None] - self.mean) / self.std

    def trajectory(self, history: Array, steps: int) -> Array:
        """Returns x `[steps]` at the times 1, 2, ... after a history `[held]`, which ends at 0.

        For the length of a delay the production depends on known values only, and x is linear in
        it, so all the solver's steps within one delay are one product with a matrix.
        """
        block, (lasting, weights) = self.held - 3, self._method
        powers = np.arange(block)[:, None] - np.arange(block)
        made = np.where(powers >= 0, lasting ** np.maximum(powers, 0), 0)
        kept = lasting ** np.arange(1, block + 1)
        made, kept = (jnp.asarray(m, history.dtype) for m in (made, kept))

        def body(past: Array, _: None) -> tuple[Array, Array]:
            # past[1] is the value one delay before the first new step begins. Values in the middle
            # of a step, which Runge-Kutta needs, are interpolated by a cubic polynomial.
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
        """The factor on x in a step of the solver, and the weights of what the step adds.

        It adds the rates of production at its beginning, its middle and its end.
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
