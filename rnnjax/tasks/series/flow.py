"""Systems of ordinary differential equations."""

import abc
import dataclasses

import jax

from rnnjax.tasks.series.series import least
from rnnjax.tasks.series.system import System
from rnnjax.typing import Array


class Flow(System):
    """Predict a system of ordinary differential equations, sampled at equal intervals of time.

    They are solved by the classical Runge-Kutta method of fourth order, in `substeps` equal steps
    from one value to the next. At the defaults of the systems here rounding to single precision
    adds nothing to the error of the method. In a chaotic system the solution soon departs from the
    true orbit, but stays a typical orbit of the attractor.

    Attributes:
        step: time from one value to the next.
        substeps: steps of the solver in it.

    Example:
        >>> import jax.numpy as jnp
        >>> class Decay(Flow):
        ...     '''Predict what decays.'''
        ...
        ...     coordinates = 1
        ...
        ...     def start(self, key):
        ...         return jax.random.normal(key, (1,))
        ...
        ...     def velocity(self, state):
        ...         return -state
        >>> [round(x, 3) for x in Decay(step=0.5).trajectory(jnp.ones(1), 3)[:, 0].tolist()]
        [1.0, 0.607, 0.368]
    """

    _: dataclasses.KW_ONLY
    step: float = 0.01
    substeps: int = 1

    def __post_init__(self) -> None:
        """Refuses what cannot be.

        Raises:
            ValueError: if `step` is not positive, `substeps` is below 1, or see `System`.
        """
        super().__post_init__()
        least(self, substeps=1)
        if not self.step > 0:
            raise ValueError(f"{self}: step must be positive")

    @abc.abstractmethod
    def velocity(self, state: Array) -> Array:
        """Returns the derivative in time of a state, both `[coordinates]`."""

    def advance(self, state: Array) -> Array:
        """Returns the state one interval later."""
        h = self.step / self.substeps

        def substep(_: Array | int, x: Array) -> Array:
            k1 = self.velocity(x)
            k2 = self.velocity(x + h / 2 * k1)
            k3 = self.velocity(x + h / 2 * k2)
            k4 = self.velocity(x + h * k3)
            return x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

        return jax.lax.fori_loop(0, self.substeps, substep, state)
