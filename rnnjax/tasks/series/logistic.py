"""The logistic map."""

import jax

from rnnjax.tasks.series.series import redrawn
from rnnjax.tasks.series.system import System
from rnnjax.typing import Array, Key


class Logistic(System):
    """Foresee the logistic map.

        x' = rate x (1 - x)

    At rate 4 the density of x is `1 / (pi sqrt(x (1 - x)))`, of mean 1/2 and variance 1/8, in which
    x is measured here at any rate; errors double at each step. What comes next is a matter of the
    present value alone.

    In single precision one orbit in 30 that is 400 steps long comes so near to 1/2 that it goes to
    1 and stays at 0; such a series is drawn again.

    Attributes:
        rate: of growth, at most 4; chaos from about 3.57 on.

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
        """Refuses what leaves [0, 1].

        Raises:
            ValueError: if not `0 < rate <= 4`, or see `System`.
        """
        super().__post_init__()
        if not 0 < self.rate <= 4:
            raise ValueError(f"{self}: rate must be above 0 and at most 4")

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
        """Draws a series that does not die."""
        draw, dead = super().series, -self.mean[0] / self.std[0]
        return redrawn(lambda key: draw(key, steps), lambda xs: xs[-1, 0] > dead, key)
