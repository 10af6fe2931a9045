"""The Lorenz system."""

import dataclasses

import jax
import jax.numpy as jnp

from rnnjax.tasks.series.flow import Flow
from rnnjax.typing import Array, Key


class Lorenz(Flow):
    """Predict the Lorenz system, by default all three coordinates.

        dx/dt = sigma (y - x)
        dy/dt = x (rho - z) - y
        dz/dt = x y - beta z

    One loop round a wing of the butterfly takes about 0.75 units of time, 38 steps of 0.02. Errors
    grow by a factor of e in 1.1 units of time, 55 steps. The solver's error in a step is 1e-6
    standard deviations. With `observed` 1 the network sees and predicts x alone.

    Attributes:
        sigma: the Prandtl number.
        rho: the Rayleigh number, relative to the one at which convection begins.
        beta: a number that depends on the shape of the convection rolls.

    References:
        Lorenz (1963), Deterministic nonperiodic flow, Journal of the Atmospheric Sciences 20.

    Example:
        >>> batch = Lorenz(length=5).sample(jax.random.key(0), batch_size=2)
        >>> batch.inputs.shape, bool((batch.inputs[1:] == batch.targets[:-1]).all())
        ((5, 2, 3), True)
    """

    mean = (0.0, 0.0, 23.55)
    std = (7.93, 9.01, 8.62)

    sigma: float = 10.0
    rho: float = 28.0
    beta: float = 8 / 3

    _: dataclasses.KW_ONLY
    transient: int = 500
    step: float = 0.02
    substeps: int = 2

    @property
    def coordinates(self) -> int:
        """Three."""
        return 3

    def start(self, key: Key) -> Array:
        """Draws a point about where the attractor is."""
        return jnp.array(self.mean) + jnp.array(self.std) * jax.random.normal(key, (3,))

    def velocity(self, state: Array) -> Array:
        """Returns the right-hand side."""
        x, y, z = state
        return jnp.stack([self.sigma * (y - x), x * (self.rho - z) - y, x * y - self.beta * z])
