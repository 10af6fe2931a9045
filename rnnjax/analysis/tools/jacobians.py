"""The tool `jacobians`."""

from typing import Annotated

import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.stability.gradient_lag import plot_gradient_by_lag
from rnnjax.analysis.stability.isometry import isometry, plot_singular_values
from rnnjax.analysis.stability.jacobian_lag import jacobian_by_lag
from rnnjax.analysis.stability.product_singular_values import product_log_singular_values
from rnnjax.analysis.tools.findings import Findings, numbers_of
from rnnjax.analysis.tools.precision import in_double
from rnnjax.analysis.tools.recurrence import recurrence, title_of
from rnnjax.analysis.tools.sequences import sequences_of
from rnnjax.runs.load import LoadedRun
from rnnjax.settings import Between


@in_double
def jacobians(
    run: LoadedRun,
    *,
    sequences: Annotated[int, Between(2, 10**4)] = 8,
    steps: Annotated[int, Between(1, 10**5)] = 50,
) -> Findings:
    """Finds whether steps keep lengths and angles, one by one and many together.

    By the singular values of Jacobians of the whole state, along sequences of the test that have
    all of their steps; in double precision.

    Args:
        run: what was learned.
        sequences: of the test.
        steps: the last ones of each, that are looked at.

    Returns:
        The mean square of a step's singular values, 1 where lengths are kept, and the variance of
        their squares, 0 where all directions are alike; the largest and the smallest, medians over
        steps, and those of all steps together as means a step.

    Raises:
        TypeError: if the network has no state that one step leads from the next.
        ValueError: if fewer than two sequences have all steps.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/adding-1234abcd")  # doctest: +SKIP
        >>> jacobians(run, steps=20).headline()  # doctest: +SKIP
        'mean_square=0.6023 variance=0.1873 steps=20'
    """
    network = recurrence(run)
    given = sequences_of(run, sequences).whole()
    visited = network.visited(given.xs)
    start = network.start(given.xs.shape[1:2])
    before = jnp.concatenate([start[None], visited[:-1]])[-steps:]
    xs = given.xs[-steps:]
    one = isometry(network.step, before, xs)
    lag = jacobian_by_lag(network.step, before[0], xs)
    together = product_log_singular_values(network.step, before[0], xs) / len(xs)
    logs = jnp.log(one.singular_values)
    values = {"one step": logs, f"{len(xs)} steps together, a step": together}
    numbers = numbers_of(
        mean_square=jnp.mean(one.mean_square),
        variance=jnp.mean(one.variance),
        largest=jnp.median(one.singular_values[..., 0]),
        smallest=jnp.median(one.singular_values[..., -1]),
        largest_together=jnp.exp(jnp.median(together[..., 0])),
        smallest_together=jnp.exp(jnp.median(together[..., -1])),
        steps=len(xs),
        sequences=xs.shape[1],
    )
    curves = {"largest direction": lag.spectral, "random direction": lag.rms}
    figures = {
        "singular_values": plot_singular_values(values, title=title_of(run, "singular values")),
        "jacobians_by_lag": plot_gradient_by_lag(
            curves, ylabel="growth of a small change", title=title_of(run, "Jacobians against lag")
        ),
    }
    arrays = {
        "singular_values": np.asarray(one.singular_values),
        "log_singular_values_together": np.asarray(together * len(xs)),
        "log_rms_by_lag": np.asarray(lag.rms),
        "log_spectral_by_lag": np.asarray(lag.spectral),
    }
    return Findings(numbers, ("mean_square", "variance", "steps"), arrays, figures)
