"""The tool `fixed_points`."""

from typing import Annotated, Any

import numpy as np

from rnnjax.analysis.information.principal_components import principal_components
from rnnjax.analysis.points.fixed_points import FixedPoints
from rnnjax.analysis.points.kinds import count_kinds, kinds_of
from rnnjax.analysis.points.linearize import Linearization
from rnnjax.analysis.points.plot_eigenvalues import plot_eigenvalues
from rnnjax.analysis.points.plot_fixed_points import plot_fixed_points, plot_fixed_points_3d
from rnnjax.analysis.stability.time_constants import time_constants
from rnnjax.analysis.tools.findings import Findings
from rnnjax.analysis.tools.recurrence import title_of
from rnnjax.analysis.tools.resting import Resting, find_rest
from rnnjax.runs.load import LoadedRun
from rnnjax.settings import Between

_DRAWN = 8  # trajectories


def fixed_points(
    run: LoadedRun,
    *,
    starts: Annotated[int, Between(1, 10**6)] = 1024,
    noise: Annotated[float, Between(0)] = 0.5,
    sequences: Annotated[int, Between(1, 10**5)] = 64,
    x: tuple[float, ...] = (),
    slow: Annotated[float, Between(0)] = 0.001,
    seed: Annotated[int, Between(0, 2**32 - 1)] = 0,
) -> Findings:
    """Finds fixed and slow points of the network's step at a constant input, and what is near them.

    All layers are one state, of `h` and `c` where there are both; in double precision.

    Args:
        run: what was learned.
        starts: searches, from states that sequences of the test visit.
        noise: the standard deviation of what is added to their starts.
        sequences: whose states are taken.
        x: the input; zeros if empty.
        slow: see `analysis.fixed_points`; 0 for fixed points alone.
        seed: of the draw.

    Returns:
        How many there are of each kind; of each its `q`, its eigenvalues and the slowest time
        constant; figures in principal components of the states, and of the eigenvalues.

    Raises:
        TypeError: if the network has no such step.
        ValueError: if `x` has not the features of an input.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/flip_flop-1234abcd")  # doctest: +SKIP
        >>> fixed_points(run, starts=256).headline()  # doctest: +SKIP
        'stable=8 saddles=19 slow_points=0'
    """
    rest = find_rest(
        run, starts=starts, noise=noise, sequences=sequences, x=x, slow=slow, seed=seed
    )
    return Findings(
        _numbers(rest.found, rest.near),
        ("stable", "saddles", "slow_points"),
        {**rest.found._asdict(), **rest.near._asdict()},
        _figures(run, rest),
    )


def _numbers(found: FixedPoints, near: Linearization) -> dict[str, Any]:
    kinds = kinds_of(found, near)
    counts = count_kinds(kinds)
    saddles = {kind: n for kind, n in counts.items() if kind.startswith("saddle")}
    tau = time_constants(near.eigenvalues).tau
    slowest = np.where(tau > 0, tau, 0).max(-1, initial=0)
    return {
        "stable": counts.get("stable", 0),
        "saddles": sum(saddles.values()),
        **saddles,
        "slow_points": counts.get("slow point", 0),
        "starts_that_ended_there": int(found.counts.sum()),
        "points": [
            {
                "kind": kind,
                "q": q,
                "starts": int(count),
                "unstable": int(unstable),
                "largest_eigenvalue": size,
                "slowest_time_constant_in_steps": steps,
            }
            for kind, q, count, unstable, size, steps in zip(
                kinds,
                found.q.tolist(),
                found.counts,
                near.unstable,
                np.abs(near.eigenvalues).max(-1, initial=0).tolist(),
                slowest.tolist(),
                strict=True,
            )
        ],
    }


def _figures(run: LoadedRun, rest: Resting) -> dict[str, Any]:
    found, near, states, trajectories = rest
    title = title_of(run, "fixed points")
    kinds = kinds_of(found, near)
    order = [k for kind in count_kinds(kinds) for k, own in enumerate(kinds) if own == kind]
    groups = [kinds[k] for k in order]
    figures = {"eigenvalues": plot_eigenvalues(near.eigenvalues[order], groups, title=title)}
    components = principal_components(states)
    for name, plot, least in (
        ("fixed_points", plot_fixed_points, 2),
        ("fixed_points_3d", plot_fixed_points_3d, 3),
    ):
        if len(components.axes) >= least:
            figures[name] = plot(found, near, components, trajectories[:, :_DRAWN], title=title)
    return figures
