"""The tool `gradient_lag`."""

from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial

from rnnjax import unroll
from rnnjax.analysis.stability.gradient_lag import gradient_by_lag, plot_gradient_by_lag
from rnnjax.analysis.tools.findings import Findings, numbers_of
from rnnjax.analysis.tools.losses import losses, readout
from rnnjax.analysis.tools.precision import in_double
from rnnjax.analysis.tools.recurrence import Recurrence, recurrence, title_of
from rnnjax.analysis.tools.sequences import Sequences, sequences_of
from rnnjax.batch import Batch
from rnnjax.models.readout import Mean
from rnnjax.runs.load import LoadedRun
from rnnjax.settings import Between
from rnnjax.typing import Array, State


@in_double
def gradient_lag(
    run: LoadedRun,
    *,
    sequences: Annotated[int, Between(2, 10**5)] = 64,
) -> Findings:
    """Finds how much of the last answer's gradient reaches the states of earlier steps.

    The loss is that of one answer, the last one that counts, on sequences of the test; lag k is the
    state k steps before that which its step begins with. Of sequences of several lengths the longer
    half is taken. In double precision.

    Args:
        run: what was learned.
        sequences: of the test.

    Returns:
        The slope of the median gradient's logarithm over all lags, and its time constant; how many
        powers of ten are left at the greatest lag.

    Raises:
        TypeError: if the network has no state that one step leads from the next, or its answer
            is not of the last step.
        ValueError: if the sequences have one step.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/adding-1234abcd")  # doctest: +SKIP
        >>> gradient_lag(run).headline()  # doctest: +SKIP
        'nats_a_step=-0.1031 time_constant_in_steps=9.7 lags=18'
    """
    network = recurrence(run)
    if isinstance(run.model.readout, Mean):
        raise TypeError("is for answers that the last step gives; here they are of all steps")
    given, targets, counts = _ending_with_an_answer(sequences_of(run, sequences), run)
    lags = int(np.median(counts)) - 1
    if lags < 1:
        raise ValueError(f"{sequences} sequences have {lags + 1} step: there is no lag")
    chosen = np.flatnonzero(counts > lags)
    xs = given.xs[-lags - 1 :, chosen]
    start = _start(network, given, lags, chosen)
    loss = _loss_of_last_step(run, network, xs[-1], jax.tree.map(lambda x: x[chosen], targets))
    params = network.cell.prepare(network.params)
    found = gradient_by_lag(Partial(network.cell.step, params), start, xs[:-1], loss)
    blocks = _named(found.blocks)
    curves = {"whole state": found.log_norms, **(blocks if len(blocks) > 1 else {})}
    median = np.median(np.asarray(found.log_norms), 1)
    slope = (median[-1] - median[0]) / lags
    numbers = numbers_of(
        nats_a_step=slope,
        time_constant_in_steps=-1 / slope if slope < 0 else None,
        powers_of_ten_left=(median[-1] - median[0]) / np.log(10),
        lags=lags,
        sequences=len(chosen),
    )
    arrays = {name.replace(" ", "_"): np.asarray(logs) for name, logs in curves.items()}
    figure = plot_gradient_by_lag(curves, title=title_of(run, "gradient against lag"))
    chief = ("nats_a_step", "time_constant_in_steps", "lags")
    return Findings(numbers, chief, arrays, {"gradient_lag": figure})


def _ending_with_an_answer(given: Sequences, run: LoadedRun) -> tuple[Sequences, Any, np.ndarray]:
    """Returns sequences that end with the last answer that counts, `[B]` answers, and steps."""
    batch = given.batch
    there = jnp.ones(given.xs.shape[:2], bool) if given.steps is None else given.steps
    targets, is_wanted = batch.targets, batch.mask
    if run.task.per_step:
        counts = batch.mask & there
        there = there & (jnp.cumsum(counts[::-1], 0)[::-1] > 0)
        last = len(counts) - 1 - jnp.argmax(counts[::-1], 0)
        targets = jax.vmap(lambda own, at: own[at], (1, 0))(targets, last)
        is_wanted = counts.any(0)
    moved = given._replace(steps=there).ending_together()
    return moved, (targets, is_wanted), np.asarray((there & is_wanted[None]).sum(0))


def _start(network: Recurrence, given: Sequences, lags: int, chosen: np.ndarray) -> State:
    """Returns the states before the steps that are looked at."""
    before = len(given.xs) - lags - 1
    start = network.cell.initial_state(network.params, (len(chosen),))
    steps = None if given.steps is None else given.steps[:before, chosen]
    xs = given.xs[:before, chosen]
    return unroll.scan(network.cell, network.params, start, xs, mask=steps)[0] if before else start


def _loss_of_last_step(run: LoadedRun, network: Recurrence, x: Array, wanted: tuple) -> Partial:
    cell, params = network.cell, network.cell.prepare(network.params)

    def loss(state: State) -> Array:
        _, ys = cell.step(params, state, x)
        outputs = readout(run, ys)
        targets, is_wanted = wanted
        if run.task.per_step:
            outputs, targets, is_wanted = (leaf[None] for leaf in (outputs, targets, is_wanted))
        return losses(run, outputs, Batch(outputs, targets, is_wanted))

    return Partial(loss)


def _named(blocks: State) -> dict[str, Array]:
    """Returns curves by the names of the state's arrays, "h of layer 2" of several layers."""
    found = {}
    for path, leaf in jax.tree.leaves_with_path(blocks):
        name = " ".join(str(getattr(k, "name", getattr(k, "key", ""))) for k in path).strip()
        layer = f"layer {path[0].idx + 1}" if hasattr(path[0] if path else None, "idx") else ""
        found[" ".join(filter(None, (name, layer))) or "state"] = leaf
    return found
