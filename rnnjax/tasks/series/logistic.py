"""The logistic map."""

import jax

from rnnjax.tasks.series.series import redrawn
from rnnjax.tasks.series.system import System
from rnnjax.typing import Array, Key


class Logistic(System):
    """Predict the logistic map.

        x' = rate x (1 - x)

    At rate 4 the density of x is `1 / (pi sqrt(x (1 - x)))`, of mean 1/2 and variance 1/8, by which
    x is normalised here at any rate, and errors double at each step. The next value follows from
    the present one alone.

    In single precision an orbit at rate 4 may come so near to 1/2 that the next value is 1 and all
    after it are 0: of 400 steps one orbit in 30. Such a series is drawn again.

    Attributes:
        rate: of growth, above 1, or else x dies out, and at most 4; chaos from about 3.57 on.

    References:
        May (1976), Simple mathematical models with very complicated dynamics, Nature 261.

    Example:
        >>> xs = Logistic(rate=3.9).trajectory(jax.numpy.array([0.5]), 3)
        >>> [round(x, 3) for x in xs[:, 0].tolist()]
        [0.5, 0.975, 0.095]
    """

    mean = (0.5,)
    std = (8**-0.5,)

    rate: float = 4.0

    def __post_init__(self) -> None:
        """Refuses a rate at which x goes to 0, or leaves [0, 1].

        Raises:
            ValueError: if not `1 < rate <= 4`, or see `System`.
        """
        super().__post_init__()
        if not 1 < self.rate <= 4:
            raise ValueError(f"{self}: rate must be above 1 and at most 4")

    @property
    def coordinates(self) -> int:
        """One."""
        return 1

    def start(self, key: Key) -> Array:
        """Draws a number between 0 and 1."""
        return jax.random.uniform(key, (1,))

    def advance(self, state: Array) -> Array:
        """Returns the next number."""
        return self.rate * state * (1 - state)

    def series(self, key: Key, steps: int) -> Array:
        """Draws a series that does not die out."""
        draw = super().series
        # What 0 becomes when it is normalised, with room for rounding.
        dead = -self.mean[0] / self.std[0] + 1e-6
        return redrawn(lambda key: draw(key, steps), lambda xs: xs[-1, 0] > dead, key)
