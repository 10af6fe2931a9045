"""The tool `time_constants`."""

from typing import Annotated

import numpy as np

from rnnjax.analysis.points.kinds import count_kinds, kinds_of
from rnnjax.analysis.points.linearize import linearize
from rnnjax.analysis.stability.time_constants import plot_time_constants
from rnnjax.analysis.stability.time_constants import time_constants as of_eigenvalues
from rnnjax.analysis.tools.findings import Findings, numbers_of
from rnnjax.analysis.tools.precision import in_double
from rnnjax.analysis.tools.recurrence import recurrence, title_of
from rnnjax.analysis.tools.resting import find_rest
from rnnjax.runs.load import LoadedRun
from rnnjax.settings import Between


@in_double
def time_constants(
    run: LoadedRun,
    *,
    starts: Annotated[int, Between(1, 10**6)] = 256,
    noise: Annotated[float, Between(0)] = 0.5,
    sequences: Annotated[int, Between(1, 10**5)] = 64,
    states: Annotated[int, Between(1, 10**5)] = 100,
    x: tuple[float, ...] = (),
    seed: Annotated[int, Between(0, 2**32 - 1)] = 0,
) -> Findings:
    """Finds for how many steps modes last, at fixed points and at states that the task visits.

    By the eigenvalues of the Jacobian at a constant input, in double precision. Of gates, see the
    tool `gates`.

    Args:
        run: what was learned.
        starts: searches for fixed points; see the tool `fixed_points`.
        noise: see there.
        sequences: see there.
        states: how many that are visited.
        x: the input; zeros if empty.
        seed: of the draw.

    Returns:
        The slowest decay at a stable point, in steps, the fastest growth at a saddle, and the
        median of the slowest decays at visited states; none where there is no such.

    Raises:
        TypeError: if the network has no state that one step leads from the next.
        ValueError: if `x` has not the features of an input.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/flip_flop-1234abcd")  # doctest: +SKIP
        >>> time_constants(run).headline()  # doctest: +SKIP
        'slowest_at_stable_points=1.853 slowest_at_visited_states=2.404'
    """
    rest = find_rest(run, starts=starts, noise=noise, sequences=sequences, x=x, slow=0.0, seed=seed)
    chosen = np.random.default_rng(seed).choice(rest.states, min(states, len(rest.states)), False)
    there = linearize(recurrence(run).constant(x), chosen)
    kinds = np.array(kinds_of(rest.found, rest.near))
    tau = of_eigenvalues(rest.near.eigenvalues).tau
    visited = of_eigenvalues(there.eigenvalues)
    times = {f"{n} {kind}": tau[kinds == kind] for kind, n in _some(count_kinds(list(kinds)))}
    times[f"{len(chosen)} visited states"] = visited.tau
    growth = -tau[tau < 0]
    numbers = numbers_of(
        slowest_at_stable_points=_largest(tau[kinds == "stable"]),
        fastest_growth_at_saddles=growth.min() if growth.size else None,
        slowest_at_visited_states=float(np.median(_slowest(visited.tau))),
        fixed_points=len(tau),
        visited_states=len(chosen),
    )
    arrays = {
        "tau": tau,
        "kinds": kinds.astype(str),
        "tau_visited": visited.tau,
        "frequency_visited": visited.frequency,
        "eigenvalues_visited": there.eigenvalues,
    }
    figure = plot_time_constants(times, title=title_of(run, "time constants"), of="modes")
    chief = ("slowest_at_stable_points", "slowest_at_visited_states")
    return Findings(numbers, chief, arrays, {"time_constants": figure})


def _some(counts: dict[str, int], most: int = 4) -> list[tuple[str, int]]:
    """Returns the first kinds, as many as a figure can tell apart."""
    return list(counts.items())[:most]


def _slowest(tau: np.ndarray) -> np.ndarray:
    """Returns the longest time of a decay at each point, `[M]`."""
    return np.where(tau > 0, tau, 0).max(-1, initial=0)


def _largest(tau: np.ndarray) -> float | None:
    return float(_slowest(tau).max()) if tau.size else None
