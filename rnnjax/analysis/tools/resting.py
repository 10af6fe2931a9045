"""Fixed points of a run's network, which more than one tool looks for."""

from typing import NamedTuple

import jax
import numpy as np

from rnnjax.analysis.points.fixed_points import FixedPoints, fixed_points
from rnnjax.analysis.points.linearize import Linearization, linearize
from rnnjax.analysis.points.starts import draw_starts
from rnnjax.analysis.tools.precision import in_double
from rnnjax.analysis.tools.recurrence import recurrence
from rnnjax.analysis.tools.sequences import sequences_of
from rnnjax.runs.load import LoadedRun


class Resting(NamedTuple):
    """What `find_rest` finds.

    Attributes:
        found: the points.
        near: their linearization.
        states: those visited, `[R, N]`.
        trajectories: the same over time, `[T, B, N]`, NaN where there is no step.

    Example:
        >>> Resting(None, None, np.zeros((4, 2)), np.zeros((2, 2, 2))).states.shape
        (4, 2)
    """

    found: FixedPoints
    near: Linearization
    states: np.ndarray
    trajectories: np.ndarray


@in_double
def find_rest(
    run: LoadedRun,
    *,
    starts: int,
    noise: float,
    sequences: int,
    x: tuple[float, ...],
    slow: float,
    seed: int,
) -> Resting:
    """Finds fixed points of a run's network in double precision; see the tool `fixed_points`.

    Raises:
        TypeError: if the network has no such step.
        ValueError: if `x` has not the features of an input.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/flip_flop-1234abcd")  # doctest: +SKIP
        >>> settings = dict(noise=0.5, sequences=64, x=(), slow=0.001, seed=0)
        >>> len(find_rest(run, starts=256, **settings).found.points)  # doctest: +SKIP
        27
    """
    network = recurrence(run)
    step = network.constant(x)
    given = sequences_of(run, sequences)
    states = network.visited(given.xs, given.steps)
    real = given.real(states)
    begins = draw_starts(jax.random.key(seed), real, starts, noise)
    found = fixed_points(step, begins, slow=slow)
    near = linearize(step, found.points)
    trajectories = np.asarray(states)
    if given.steps is not None:  # lines break where there is no step
        trajectories = np.where(np.asarray(given.steps)[..., None], trajectories, np.nan)
    return Resting(found, near, np.asarray(real), trajectories)
