"""Lorenz' model of the weather on a circle of latitude."""

import dataclasses

import jax
import jax.numpy as jnp

from rnnjax.tasks.series.flow import Flow
from rnnjax.tasks.series.series import least
from rnnjax.typing import Array, Key


class Lorenz96(Flow):
    """Predict the Lorenz-96 system: a quantity at places on a circle, all under the same force.

        dx_i/dt = (x_{i+1} - x_{i-2}) x_{i-1} - x_i + forcing

    Indices go round the circle. At the forcing 8 errors grow by a factor of e in 0.6 units of time,
    12 steps of 0.05; a unit of time stands for five days of weather. The solver's error in a step
    is 2e-4 standard deviations, with five substeps 3e-7.

    Attributes:
        places: how many places there are, 4 or more.
        forcing: the force on each.

    References:
        Lorenz (1996), Predictability: a problem partly solved, ECMWF Seminar on Predictability.

    Example:
        >>> batch = Lorenz96(length=5, places=6).sample(jax.random.key(0), batch_size=2)
        >>> batch.inputs.shape
        (5, 2, 6)
    """

    mean = (2.344,)
    std = (3.641,)

    places: int = 40
    forcing: float = 8.0

    _: dataclasses.KW_ONLY
    transient: int = 200
    step: float = 0.05

    def __post_init__(self) -> None:
        """Refuses a circle so small that the places in one equation are not distinct.

        Raises:
            ValueError: if `places` is below 4, or see `Flow`.
        """
        super().__post_init__()
        least(self, places=4)

    @property
    def coordinates(self) -> int:
        """One for each place."""
        return self.places

    def start(self, key: Key) -> Array:
        """Draws numbers of the mean and the standard deviation that those of the attractor have."""
        return self.mean[0] + self.std[0] * jax.random.normal(key, (self.places,))

    def velocity(self, state: Array) -> Array:
        """Returns the right-hand side."""
        ring = jnp.concatenate([state[-2:], state, state[:1]])
        after, before, two_before = ring[3:], ring[1:-2], ring[:-3]
        return (after - two_before) * before - state + self.forcing
