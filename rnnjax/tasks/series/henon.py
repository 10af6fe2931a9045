"""The Hénon map."""

import dataclasses

import jax
import jax.numpy as jnp

from rnnjax.tasks.series.system import System
from rnnjax.typing import Array, Key


class Henon(System):
    """Predict the Hénon map, by default its first coordinate.

        x' = 1 - a x^2 + y
        y' = b x

    Starting at (0, 0), x is 0, 1, -0.4, 1.076. The next x follows from the last two. Errors grow by
    a factor of e in 2.4 steps.

    Attributes:
        a: how much the map folds.
        b: the factor by which it shrinks areas.

    References:
        Hénon (1976), A two-dimensional mapping with a strange attractor, Communications in
        Mathematical Physics 50.

    Example:
        >>> task = Henon(length=3)
        >>> x = task.sample(jax.random.key(0), 1).inputs[:, 0, 0] * task.std[0] + task.mean[0]
        >>> bool(jnp.isclose(x[2], 1 - 1.4 * x[1] ** 2 + 0.3 * x[0], atol=1e-5))
        True
    """

    mean = (0.2570, 0.0771)
    std = (0.7210, 0.2163)

    a: float = 1.4
    b: float = 0.3

    _: dataclasses.KW_ONLY
    observed: int | None = 1

    @property
    def coordinates(self) -> int:
        """Two."""
        return 2

    def start(self, key: Key) -> Array:
        """Draws a point near the origin, from which the attractor is reached."""
        return jax.random.uniform(key, (2,), minval=-0.1, maxval=0.1)

    def advance(self, state: Array) -> Array:
        """Returns the next point."""
        x, y = state
        return jnp.stack([1 - self.a * x**2 + y, self.b * x])
