"""The tool `fixed_points`."""

from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.constant_input import constant_input
from rnnjax.analysis.fixed_points import FixedPoints
from rnnjax.analysis.fixed_points import fixed_points as find
from rnnjax.analysis.kinds import count_kinds, kinds_of
from rnnjax.analysis.linearize import Linearization, linearize
from rnnjax.analysis.plot_eigenvalues import plot_eigenvalues
from rnnjax.analysis.plot_fixed_points import plot_fixed_points, plot_fixed_points_3d
from rnnjax.analysis.principal_components import principal_components
from rnnjax.analysis.starts import draw_starts
from rnnjax.analysis.time_constants import time_constants
from rnnjax.analysis.tools.findings import Findings
from rnnjax.analysis.tools.recurrence import inputs_of, recurrence
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
    with jax.enable_x64(True):
        cell, params, width = network = recurrence(run)
        if len(x) not in (0, width):
            raise ValueError(f"x={x} has {len(x)} features; inputs have {width}")
        xs, steps = inputs_of(run, sequences)
        states = network.visited(xs, steps)
        real = states if steps is None else states[np.asarray(steps)]
        step = constant_input(cell, params, jnp.asarray(x or (0.0,) * width, float))
        found = find(step, draw_starts(jax.random.key(seed), real, starts, noise), slow=slow)
        near = linearize(step, found.points)
    masked = np.asarray(states)
    if steps is not None:  # lines break where there is no step
        masked = np.where(np.asarray(steps)[..., None], masked, np.nan)
    return Findings(
        _numbers(found, near),
        ("stable", "saddles", "slow_points"),
        {**found._asdict(), **near._asdict()},
        _figures(run, found, near, np.asarray(real), masked[:, :_DRAWN]),
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


def _figures(
    run: LoadedRun,
    found: FixedPoints,
    near: Linearization,
    states: np.ndarray,
    trajectories: np.ndarray,
) -> dict[str, Any]:
    title = f"{run.folder.name}: fixed points of {run.model.layers[0].cell}"
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
            figures[name] = plot(found, near, components, trajectories, title=title)
    return figures
