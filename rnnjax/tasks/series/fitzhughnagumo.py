"""The FitzHugh-Nagumo model of a neuron."""

import dataclasses

import jax
import jax.numpy as jnp

from rnnjax.tasks.series.flow import Flow
from rnnjax.typing import Array, Key


class FitzHughNagumo(Flow):
    """Predict the voltage of a neuron that fires again and again.

        dv/dt = v - v^3 / 3 - w + current
        dw/dt = (v + a - b w) / tau

    A series begins at time 0, where v is uniform in [-1, 1] and w is 0. Then v jumps up and down
    every 122 units of time, 305 steps of 0.4. It is not normalised; its standard deviation is 1.48.
    The solver's error is below 1e-4 in all values.

    Attributes:
        current: the input that excites the neuron.
        a: constant drive of the recovery w.
        b: damping of the recovery.
        tau: time constant of the recovery; that of v is 1.

    References:
        FitzHugh (1961), Impulses and physiological states in theoretical models of nerve membrane,
        Biophysical Journal 1.
        Rusch, Mishra, Erichson & Mahoney (2022), Long expressive memory for sequence modeling,
        ICLR, arXiv:2110.04744 (this form; there solved less exactly, with SciPy's default
        tolerances).

    Example:
        >>> task = FitzHughNagumo()
        >>> v, w = task.trajectory(jnp.zeros(2), 26)[-1]  # at t = 10
        >>> round(v.item(), 3), round(w.item(), 3)
        (1.773, 0.435)
    """

    length: int = 1000
    current: float = 0.5
    a: float = 0.7
    b: float = 0.8
    tau: float = 50.0

    _: dataclasses.KW_ONLY
    transient: int = 0
    observed: int | None = 1
    step: float = 0.4
    substeps: int = 4

    @property
    def coordinates(self) -> int:
        """The voltage and the recovery."""
        return 2

    def start(self, key: Key) -> Array:
        """Draws a voltage; the neuron has recovered."""
        return jax.random.uniform(key, (2,), minval=-1.0) * jnp.array([1, 0])

    def velocity(self, state: Array) -> Array:
        """Returns the right-hand side."""
        v, w = state
        return jnp.stack([v - v**3 / 3 - w + self.current, (v + self.a - self.b * w) / self.tau])
