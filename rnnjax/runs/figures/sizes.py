"""How far beyond the sizes of training a network goes."""

import os
import pathlib
from collections.abc import Mapping

import numpy as np

from rnnjax.runs.figures.style import COLOURS, GREY, save_figure, set_title, styled


def draw_sizes(
    path: str | os.PathLike[str],
    found: Mapping[int, Mapping[str, float]],
    *,
    trained_on: int,
    size: str,
    title: str,
    baseline: float | None = None,
    chance: float | None = None,
) -> pathlib.Path:
    """Draws accuracy, or else loss, against the size of sequences.

    Args:
        path: of the PNG; a PDF is written beside it.
        found: metrics by size, as `Trained.evaluate_sizes` returns them.
        trained_on: the greatest size in training.
        size: what a size is, such as "length".
        title: above the figure.
        baseline: the loss of the best guess without memory, where that is drawn.
        chance: the accuracy of a guess, likewise.

    Returns:
        The path of the PNG.

    Raises:
        ValueError: if there is nothing to draw.

    Example:
        >>> import tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "sizes.png"
        >>> found = {10: {"accuracy": 1.0}, 20: {"accuracy": 0.8}}
        >>> draw_sizes(path, found, trained_on=10, size="length", title="parity").name
        'sizes.png'
    """
    if not found:
        raise ValueError("there is no size to draw")
    names = next(iter(found.values()))
    metric = "accuracy" if "accuracy" in names else "loss"
    values = np.array([metrics[metric] for metrics in found.values()])
    with styled() as Figure:
        figure = Figure(figsize=(6.6, 3.9), dpi=160, layout="constrained")
        panel = figure.subplots()
        panel.axvspan(min(found), trained_on, color=GREY, alpha=0.1, lw=0)
        panel.plot(list(found), values, marker="o", ms=3.5, lw=1.7, color=COLOURS[2])
        seen = f"training, {size} up to {trained_on}"
        panel.axvline(trained_on, lw=1.2, color=GREY, label=seen)
        if metric == "loss" and baseline is not None:
            panel.axhline(baseline, ls=(0, (5, 3)), lw=1.2, color=GREY, label="memoryless baseline")
        if metric == "accuracy" and chance is not None:
            panel.axhline(chance, ls=(0, (5, 3)), lw=1.2, color=GREY, label="chance")
        if metric == "accuracy":
            panel.set_ylim(min(0.0, values.min()), 1.03)
        panel.set(xlabel=size, ylabel=metric)
        panel.legend(loc="best")
        set_title(figure, title)
        return save_figure(figure, path)
