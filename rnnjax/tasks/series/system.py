"""Dynamical systems in discrete steps: maps, and differential equations that are integrated."""

import abc
import dataclasses
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from rnnjax.tasks.series.series import Forecast, least
from rnnjax.typing import Array, Key

Point = Any  # a state of a system: an array, or what its rule goes on from


class System(Forecast):
    """Predict a dynamical system, of which each state follows from the one before.

    A subclass says where an orbit may start and how a state follows from another. It also gives the
    mean and the standard deviation of the coordinates on the attractor of the default parameters,
    by which they are normalised. Where only some coordinates are observed, inputs and targets are
    those, and the network has to infer the others from the past.

    There is no `baseline`: where all coordinates are observed the present determines the future,
    and where they are not, the best guess from the present has no closed form.

    Attributes:
        transient: steps from the start of an orbit that are left out.
        observed: how many coordinates are observed, the first ones; none for all.

    Example:
        >>> class Tent(System):
        ...     '''Predict the skew tent map.'''
        ...
        ...     mean, std, coordinates = (0.5,), (12**-0.5,), 1
        ...
        ...     def start(self, key):
        ...         return jax.random.uniform(key, (1,))
        ...
        ...     def advance(self, x):
        ...         return jnp.where(x < 0.4, x / 0.4, (1 - x) / 0.6)
        >>> [round(x, 3) for x in Tent().trajectory(jnp.array([0.2]), 3)[:, 0].tolist()]
        [0.2, 0.5, 0.833]
    """

    mean: ClassVar[tuple[float, ...]] = (0.0,)  # one for all coordinates, or one each
    std: ClassVar[tuple[float, ...]] = (1.0,)

    _: dataclasses.KW_ONLY
    transient: int = 100
    observed: int | None = None

    def __post_init__(self) -> None:
        """Refuses what cannot be.

        Raises:
            ValueError: if `transient` is negative, not `1 <= observed <= coordinates`, or see
                `Forecast`.
        """
        super().__post_init__()
        least(self, transient=0)
        if not 1 <= self.features <= self.coordinates:
            raise ValueError(f"{self}: observed must be from 1 to {self.coordinates}")

    @property
    @abc.abstractmethod
    def coordinates(self) -> int:
        """How many numbers a state has."""

    @abc.abstractmethod
    def start(self, key: Key) -> Point:
        """Draws a state from which the attractor is reached within `transient` steps."""

    @abc.abstractmethod
    def advance(self, state: Point) -> Point:
        """Returns the state one step later."""

    def coordinates_of(self, state: Point) -> Array:
        """Returns the numbers `[coordinates]` of a state, by default itself."""
        return state

    def trajectory(self, state: Point, steps: int) -> Array:
        """Returns `state` and those after it, `[steps, coordinates]`, not normalised.

        Example:
            >>> from rnnjax.tasks import Henon
            >>> [round(x, 3) for x in Henon().trajectory(jnp.zeros(2), 4)[:, 0].tolist()]
            [0.0, 1.0, -0.4, 1.076]
        """

        def body(state: Point, _: None) -> tuple[Point, Array]:
            return self.advance(state), self.coordinates_of(state)

        return jax.lax.scan(body, state, length=steps)[1]

    @property
    def features(self) -> int:
        """The observed coordinates."""
        return self.coordinates if self.observed is None else self.observed

    def series(self, key: Key, steps: int) -> Array:
        """Draws a series, normalised to mean 0 and variance 1 on the attractor."""
        first = self.start(key)
        state = jax.lax.fori_loop(0, self.transient, lambda _, s: self.advance(s), first)
        values = self.trajectory(state, steps)
        mean, std = (jnp.broadcast_to(jnp.array(m), values.shape) for m in (self.mean, self.std))
        return ((values - mean) / std)[:, : self.features]
