"""The tool `lyapunov`."""

from collections.abc import Callable
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.stability.kaplan_yorke import entropy_rate, kaplan_yorke_dimension
from rnnjax.analysis.stability.lyapunov import lyapunov_spectrum, plot_lyapunov_spectrum
from rnnjax.analysis.tools.findings import Findings, numbers_of
from rnnjax.analysis.tools.precision import in_double
from rnnjax.analysis.tools.recurrence import recurrence, title_of
from rnnjax.analysis.tools.sequences import sequences_of
from rnnjax.runs.load import LoadedRun
from rnnjax.settings import Between


@in_double
def lyapunov(
    run: LoadedRun,
    *,
    sequences: Annotated[int, Between(1, 10**5)] = 64,
    steps: Annotated[int, Between(0, 10**8)] = 0,
    x: tuple[float, ...] = (),
    most: Annotated[int, Between(1, 10**5)] = 64,
    transient: Annotated[float, Between(0, 0.9)] = 0.2,
    seed: Annotated[int, Between(0, 2**32 - 1)] = 0,
) -> Findings:
    """Finds the Lyapunov exponents along the task's inputs, or at an input that stays the same.

    Sequences of the test follow each other, and the state goes on from one to the next. In double
    precision.

    Args:
        run: what was learned.
        sequences: how many follow each other.
        steps: so many at a constant input instead; 0 for the task's inputs.
        x: that input; zeros if empty.
        most: exponents that are found, the largest; all where a state has fewer numbers.
        transient: the part of the steps, at the start, that does not count.
        seed: of the directions at the start.

    Returns:
        The largest exponent with its standard error, in nats a step; the rate of entropy; the
        Kaplan-Yorke dimension, none where more exponents than these would be needed.

    Raises:
        TypeError: if the network has no state that one step leads from the next.
        ValueError: if there are too few steps, or `x` is given without `steps`.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/flip_flop-1234abcd")  # doctest: +SKIP
        >>> lyapunov(run, steps=5000).headline()  # doctest: +SKIP
        'largest=-0.05186 dimension=0 steps=5000'
    """
    if x and not steps:
        raise ValueError(f"x={x} is for a constant input: say for how many steps, steps=5000")
    network = recurrence(run)
    step = network.constant(x) if steps else None
    xs = jnp.zeros((steps, 0)) if steps else sequences_of(run, sequences).end_to_end()
    start = network.start()
    size = len(start)
    found = lyapunov_spectrum(
        network.step if step is None else jax.tree_util.Partial(_without_input, step),
        start,
        xs,
        k=min(most, size),
        transient=int(transient * len(xs)),
        key=jax.random.key(seed),
    )
    dimension = kaplan_yorke_dimension(found.exponents, size)
    entropy = entropy_rate(found.exponents)
    numbers = numbers_of(
        largest=found.exponents[0],
        standard_error=found.standard_errors[0],
        positive=(found.exponents > 0).sum(),
        entropy_rate=entropy,
        dimension=dimension,
        exponents=len(found.exponents),
        state_size=size,
        steps=len(xs),
    )
    title = title_of(run, "Lyapunov exponents")
    arrays = {name: np.asarray(value) for name, value in found._asdict().items()}
    figure = plot_lyapunov_spectrum(found, title=title)
    return Findings(numbers, ("largest", "dimension", "steps"), arrays, {"lyapunov": figure})


def _without_input(step: Callable[[jax.Array], jax.Array], h: jax.Array, _: jax.Array) -> tuple:
    return step(h), None
