"""Lorenz' model of the weather on a circle of latitude."""

import dataclasses

import jax
import jax.numpy as jnp

from rnnjax.tasks.series.flow import Flow
from rnnjax.tasks.series.series import least
from rnnjax.typing import Array, Key


class Lorenz96(Flow):
    """Foresee a quantity at places on a circle, each pushed by the same force.

        dx_i/dt = (x_{i+1} - x_{i-2}) x_{i-1} - x_i + forcing

    Indices go round. At the forcing 8 errors grow by a factor `e` in 0.6 units of time, 12 steps of
    0.05; a unit of time stands for five days. The error of a step, as it is solved here, is 2e-4
    standard deviations, with five substeps 3e-7.

    Attributes:
        places: how many there are.
        forcing: on each.

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
        """Refuses a circle on which an equation's places are not different ones.

        Raises:
            ValueError: if `places` is below 4, or see `Flow`.
        """
        super().__post_init__()
        least(self, places=4)

    @property
    def coordinates(self) -> int:
        """One a place."""
        return self.places

    def start(self, key: Key) -> Array:
        """Draws numbers of the mean and the standard deviation that those of the attractor have."""
        return self.mean[0] + self.std[0] * jax.random.normal(key, (self.places,))

    def velocity(self, state: Array) -> Array:
        """Returns the right-hand side."""
        ring = jnp.concatenate([state[-2:], state, state[:1]])
        after, before, two_before = ring[3:], ring[1:-2], ring[:-3]
        return (after - two_before) * before - state + self.forcing
