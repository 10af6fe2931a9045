"""The tool `memory_capacity`."""

from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.information.memory_capacity import memory_capacity as of_states
from rnnjax.analysis.information.memory_capacity import plot_memory_capacity
from rnnjax.analysis.tools.findings import Findings, numbers_of
from rnnjax.analysis.tools.precision import in_double
from rnnjax.analysis.tools.recurrence import recurrence, title_of
from rnnjax.runs.load import LoadedRun
from rnnjax.settings import Between

_LEVEL = 1e-4  # of the p-value above which a lag is not told from chance


@in_double
def memory_capacity(
    run: LoadedRun,
    *,
    steps: Annotated[int, Between(100, 10**7)] = 4000,
    washout: Annotated[int, Between(0)] = 200,
    lags: Annotated[int, Between(1, 10**5)] = 50,
    scale: Annotated[float, Between(0, open_low=True)] = 1.0,
    feature: Annotated[int, Between(0)] = 0,
    seed: Annotated[int, Between(0, 2**32 - 1)] = 0,
) -> Findings:
    """Finds how much of inputs drawn at random, of each lag, is linearly in the states.

    One feature is drawn from -scale to scale at each step, the others are 0; in double precision.

    Args:
        run: what was learned.
        steps: that count.
        washout: steps before these.
        lags: from 0 to one less.
        scale: of the inputs; that of the task, to ask about its range.
        feature: which one is drawn, from 0.
        seed: of the draw.

    Returns:
        The capacity, at most the number of a state's directions, without what is found by chance;
        the rank of the states; the greatest lag that is told from chance.

    Raises:
        TypeError: if the network has no state that one step leads from the next, or embeds symbols.
        ValueError: if there is no such feature, or the steps are fewer than a state's numbers.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/adding-1234abcd")  # doctest: +SKIP
        >>> memory_capacity(run).headline()  # doctest: +SKIP
        'capacity=8.27 state_size=16 greatest_lag=13'
    """
    network = recurrence(run)
    if run.model.encoder is not None:
        raise TypeError(f"is for inputs that are numbers; {run.folder} embeds symbols")
    if feature >= network.input_dim:
        raise ValueError(f"feature={feature}: inputs have {network.input_dim}, from 0 on")
    shape = (washout + steps,)
    u = jax.random.uniform(jax.random.key(seed), shape, float, -scale, scale)
    xs = jnp.zeros((*shape, 1, network.input_dim)).at[:, 0, feature].set(u)
    states = network.visited(xs)[washout:, 0]
    found = of_states(states, u[washout:], range(lags))
    told = np.flatnonzero(np.asarray(found.p_values) < _LEVEL)
    numbers = numbers_of(
        capacity=found.total,
        capacity_of_lags_told_from_chance=found.significant(_LEVEL),
        rank=found.rank,
        state_size=states.shape[-1],
        greatest_lag=int(told.max()) if told.size else None,
        by_chance=found.by_chance,
    )
    arrays = {name: np.asarray(value) for name, value in found._asdict().items()}
    figure = plot_memory_capacity(found, title=title_of(run, "memory capacity"), level=_LEVEL)
    chief = ("capacity", "state_size", "greatest_lag")
    return Findings(numbers, chief, arrays, {"memory_capacity": figure})
