"""The Rössler system."""

import dataclasses

import jax
import jax.numpy as jnp

from rnnjax.tasks.series.flow import Flow
from rnnjax.typing import Array, Key


class Roessler(Flow):
    """Predict the Rössler system, by default all three coordinates.

        dx/dt = -y - z
        dy/dt = x + a y
        dz/dt = b + z (x - c)

    A turn takes about 5.9 units of time, 59 steps of 0.1. Errors grow by a factor of e in 14 units
    of time, 140 steps. The solver's error in a step is 3e-6 standard deviations. z is near 0 except
    for a peak at each wide turn, of up to 23, which is nearly eight standard deviations.

    Attributes:
        a: how fast the spiral widens.
        b: constant growth of z.
        c: the x above which z grows exponentially.

    References:
        Rössler (1976), An equation for continuous chaos, Physics Letters A 57 (there c is 5.7 and
        a, b are 0.2, as here).

    Example:
        >>> task = Roessler(length=200)
        >>> batch = task.sample(jax.random.key(0), batch_size=64)
        >>> bool(jnp.abs(batch.inputs.std((0, 1)) - 1).max() < 0.2)
        True
    """

    mean = (0.175, -0.886, 0.886)
    std = (5.16, 4.85, 2.84)

    a: float = 0.2
    b: float = 0.2
    c: float = 5.7

    _: dataclasses.KW_ONLY
    transient: int = 1000
    step: float = 0.1
    substeps: int = 2

    @property
    def coordinates(self) -> int:
        """Three."""
        return 3

    def start(self, key: Key) -> Array:
        """Draws a point on a ring that lies about as the attractor's flat part does."""
        key_radius, key_angle = jax.random.split(key)
        radius = jax.random.uniform(key_radius, minval=4.0, maxval=9.0)
        angle = jax.random.uniform(key_angle, maxval=2 * jnp.pi)
        return jnp.stack([radius * jnp.cos(angle), radius * jnp.sin(angle), 0 * angle])

    def velocity(self, state: Array) -> Array:
        """Returns the right-hand side."""
        x, y, z = state
        return jnp.stack([-y - z, x + self.a * y, self.b + z * (x - self.c)])
