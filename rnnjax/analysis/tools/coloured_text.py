"""The tool `coloured_text`."""

from typing import Annotated

import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.tools.findings import Findings, numbers_of
from rnnjax.analysis.tools.recurrence import recurrence, title_of
from rnnjax.analysis.units.coloured_text import coloured_text as page_of
from rnnjax.analysis.units.text_labels import bracket_depth, inside_quotes, line_position
from rnnjax.analysis.units.unit_ranking import plot_ranking, rank_units
from rnnjax.dynamics import to_vector
from rnnjax.runs.load import LoadedRun
from rnnjax.settings import Between
from rnnjax.tasks import Text

LABELS = {
    "quotes": (inside_quotes, "being inside quotes"),
    "line": (line_position, "the position in the line"),
    "brackets": (bracket_depth, "how many brackets are open"),
}


def coloured_text(
    run: LoadedRun,
    *,
    symbols: Annotated[int, Between(20, 10**5)] = 2000,
    layer: Annotated[int, Between(1)] = 1,
    label: str = "quotes",
    units: Annotated[int, Between(1)] = 50,
) -> Findings:
    """Colours the text of the test by what units do as they read it, those of interest first.

    A page of HTML: a unit is chosen from a list. Numbers of a state that leave -1 to 1, such as c
    of an LSTM, are shown by their tanh.

    Args:
        run: a language model, by characters or bytes.
        symbols: how many are read, from the beginning of the test.
        layer: whose units, from 1.
        label: what units are ranked by: quotes, line or brackets.
        units: on the page.

    Returns:
        The unit that follows the label best, its correlation, and what the best of as many units
        has by chance.

    Raises:
        TypeError: if the run is no language model by characters or bytes.
        ValueError: if there is no such layer or label, or the text is too short.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/char_lm-1234abcd")  # doctest: +SKIP
        >>> coloured_text(run, label="line").headline()  # doctest: +SKIP
        'unit=117 correlation=0.6123 by_chance=0.2231'
    """
    task = run.task
    if not isinstance(task, Text) or task.unit == "words":
        raise TypeError(f"is for language models by characters or bytes; {run.folder} has {task}")
    if label not in LABELS:
        raise ValueError(f"label={label!r}: the labels are {', '.join(LABELS)}")
    recurrence(run)  # refuses networks that have no such layers
    count = len(run.model.layers)
    if layer > count:
        raise ValueError(f"layer={layer}: the network has {count}")
    part = "test" if task.test else "train"
    numbers = np.asarray(task.numbers(part)[:symbols])
    text = "".join(task.vocabulary.symbols[i] for i in numbers)
    states = run.states(jnp.asarray(numbers)[:, None])[layer - 1]
    activations = np.asarray(to_vector(states, (len(text), 1)))[:, 0]
    activations = np.where(np.abs(activations).max(0) > 1, np.tanh(activations), activations)
    rule, said = LABELS[label]
    ranking = rank_units(jnp.asarray(activations), jnp.asarray(rule(text)))
    order = np.asarray(ranking.order)
    first = order[:units]
    names = [f"unit {i} (correlation {ranking.correlations[i]:+.2f})" for i in first]
    where = f"layer {layer}, " if count > 1 else ""
    title = title_of(run, f"{where}units")
    page = page_of(text, activations[:, first], title=title, names=names)
    numbers = numbers_of(
        unit=order[0],
        correlation=ranking.correlations[order[0]],
        area_under_curve=ranking.auc[order[0]],
        by_chance=ranking.by_chance,
        label=label,
        symbols=len(text),
    )
    arrays = {name: np.asarray(value) for name, value in ranking._asdict().items()}
    figures = {"ranking": plot_ranking(ranking, title=title, label=said)}
    chief = ("unit", "correlation", "by_chance")
    return Findings(numbers, chief, arrays, figures, {"text": page})
