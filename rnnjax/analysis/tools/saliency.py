"""The tool `saliency`."""

from collections.abc import Callable
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.tools.findings import Findings, numbers_of
from rnnjax.analysis.tools.losses import answers
from rnnjax.analysis.tools.recurrence import recurrence, title_of
from rnnjax.analysis.tools.sequences import sequences_of
from rnnjax.analysis.units.integrated_gradients import IntegratedGradients, integrated_gradients
from rnnjax.analysis.units.saliency import Saliency, plot_saliency
from rnnjax.analysis.units.saliency import saliency as of_function
from rnnjax.runs.load import LoadedRun
from rnnjax.settings import Between
from rnnjax.tasks import Text
from rnnjax.typing import Array


def saliency(
    run: LoadedRun,
    *,
    sequence: Annotated[int, Between(0, 10**5)] = 0,
    at: Annotated[int, Between(-1)] = -1,
    output: Annotated[int, Between(-1)] = -1,
    points: Annotated[int, Between(1, 10**5)] = 256,
) -> Findings:
    """Finds which inputs of a sequence, at which steps, an output depends on.

    By its gradient, and by integrated gradients from a sequence of zeros.

    Args:
        run: what was learned.
        sequence: which one of the test.
        at: the step of the output, where there is one a step; -1 for the last.
        output: which one, a logit or a number; -1 for the largest.
        points: between zeros and the sequence, for integrated gradients.

    Returns:
        The output; how far back half of the gradient is, in steps; by how much integrated
        gradients do not add up to the output's change from that of zeros.

    Raises:
        TypeError: if the network has no state that one step leads from the next.
        ValueError: if there is no such step or output.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/adding-1234abcd")  # doctest: +SKIP
        >>> saliency(run).headline()  # doctest: +SKIP
        'value=1.137 half_of_gradient_within=11 gap=0.0003'
    """
    recurrence(run)  # refuses networks that have no such layers
    given = sequences_of(run, sequence + 1)
    length = len(given.xs) if given.steps is None else int(given.steps[:, sequence].sum())
    xs = given.xs[:length, sequence : sequence + 1]
    if at >= length:
        raise ValueError(f"at={at}: the sequence has {length} steps")
    step = at if at >= 0 else length - 1

    def outputs(xs: Array) -> Array:
        found = answers(run, xs)
        return found[step] if run.task.per_step else found

    every = outputs(xs)[0]
    if output >= len(every):
        raise ValueError(f"output={output}: there are {len(every)}, from 0 on")
    chosen = output if output >= 0 else int(jnp.argmax(every))
    found, whole = _attributions(lambda xs: outputs(xs)[:, chosen], xs, points)
    last = step if run.task.per_step else length - 1
    share = np.cumsum(np.asarray(found.profile)[last::-1, 0])
    numbers = numbers_of(
        value=every[chosen],
        output=chosen,
        step=last,
        half_of_gradient_within=int(np.searchsorted(share, share[-1] / 2)),
        gap=whole.gap[0],
    )
    symbols = _symbols(run, given.batch.inputs[:length, sequence])
    title = title_of(run, f"output {chosen} at step {last}")
    look = {"title": title, "symbols": symbols}
    contributions = whole.attributions[:, 0]
    figures = {
        "gradient": plot_saliency(found.gradient[:, 0], label="gradient", **look),
        "integrated_gradients": plot_saliency(contributions, label="contribution", **look),
    }
    arrays = {
        "inputs": np.asarray(xs[:, 0]),
        "gradient": np.asarray(found.gradient[:, 0]),
        "integrated_gradients": np.asarray(contributions),
    }
    return Findings(numbers, ("value", "half_of_gradient_within", "gap"), arrays, figures)


def _attributions(
    function: Callable[[Array], Array], xs: Array, points: int
) -> tuple[Saliency, IntegratedGradients]:
    @jax.jit
    def both(xs: Array) -> tuple[Saliency, IntegratedGradients]:
        return of_function(function, xs), integrated_gradients(function, xs, steps=points)

    return both(xs)


def _symbols(run: LoadedRun, inputs: Array) -> list[str] | None:
    """Returns what is read, of a text."""
    if not isinstance(run.task, Text):
        return None
    shown = run.task.vocabulary.shown
    return [shown[i] for i in np.asarray(inputs)]
