"""The tool `dimensions`."""

from typing import Annotated

import numpy as np

from rnnjax.analysis.information.dimensions import dimensions as of_states
from rnnjax.analysis.information.dimensions import plot_dimensions
from rnnjax.analysis.tools.findings import Findings, numbers_of
from rnnjax.analysis.tools.precision import in_double
from rnnjax.analysis.tools.recurrence import recurrence, title_of
from rnnjax.analysis.tools.sequences import sequences_of
from rnnjax.runs.load import LoadedRun
from rnnjax.settings import Between


@in_double
def dimensions(
    run: LoadedRun,
    *,
    sequences: Annotated[int, Between(1, 10**5)] = 64,
    share: Annotated[float, Between(0, 1, open_low=True)] = 0.9,
) -> Findings:
    """Finds in how many directions the states vary while the network does its task.

    Args:
        run: what was learned.
        sequences: of the test, all steps pooled.
        share: of the variance, for the count of principal components that have it.

    Returns:
        The participation ratio, without bias and as it is usual, the exponential of the entropy,
        and the count of components.

    Raises:
        TypeError: if the network has no state that one step leads from the next.
        ValueError: if there are fewer than 4 steps.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/flip_flop-1234abcd")  # doctest: +SKIP
        >>> dimensions(run).headline()  # doctest: +SKIP
        'participation_ratio=3.107 components=4 state_size=16'
    """
    network = recurrence(run)
    given = sequences_of(run, sequences)
    found = of_states(given.real(network.visited(given.xs, given.steps)))
    numbers = numbers_of(
        participation_ratio=found.participation_ratio,
        participation_ratio_unbiased=found.unbiased,
        entropy=found.entropy,
        components=found.components(share),
        share_of_components=share,
        state_size=len(found.variances),
    )
    arrays = {"variances": np.asarray(found.variances)}
    figure = plot_dimensions(found, title=title_of(run, "dimension of states"))
    chief = ("participation_ratio", "components", "state_size")
    return Findings(numbers, chief, arrays, {"dimensions": figure})
