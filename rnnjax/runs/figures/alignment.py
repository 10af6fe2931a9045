"""How gradients of learning rules stand to the exact one."""

import os
import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from rnnjax.runs.figures.style import COLOURS, GREY, save_figure, set_title, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKERS = "osD^vP"

# By rule and by place on an axis: cosines and norms of many gradients, `[2, batches]`.
Aligned = Mapping[str, Mapping[int, np.ndarray]]


def draw_alignment(
    path: str | os.PathLike[str],
    by_lag: Aligned,
    over_training: Aligned,
    *,
    title: str,
    lag: int,
) -> pathlib.Path:
    """Draws cosines and norms of rules by lag, and over training.

    Lines are means over batches, bands what four of five are in.

    Args:
        path: of the PNG; a PDF is written beside it.
        by_lag: of each rule by lag, cosines and norms of batches, `[2, batches]`.
        over_training: the same by update.
        title: above the figure.
        lag: that of training.

    Returns:
        The path of the PNG.

    Raises:
        ValueError: if there is nothing to draw.

    Example:
        >>> import tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "alignment.png"
        >>> found = {"SnAp(1)": {1: np.ones((2, 5)), 4: np.full((2, 5), 0.8)}}
        >>> draw_alignment(path, found, found, title="gradients", lag=4).name
        'alignment.png'
    """
    if not by_lag or not over_training:
        raise ValueError("there is no rule to draw")
    with styled() as Figure:
        figure = Figure(figsize=(9.2, 6.4), dpi=160, layout="constrained")
        panels = figure.subplots(2, 2, sharex="col", sharey="row")
        for column, found in enumerate((by_lag, over_training)):
            for row in range(2):
                for index, rule in enumerate(found):
                    _draw_rule(panels[row, column], found[rule], row, index, rule)
        for panel in panels[0]:
            panel.axhline(0, color=GREY, lw=1)
            panel.set_ylim(top=1.05)
        for panel in panels[1]:
            panel.axhline(1, color=GREY, lw=1, ls=(0, (5, 3)))
            panel.set_yscale("log")
        _set_places(panels[1, 0], by_lag)
        # None are before the first update, and most that there is to see at the next few.
        last = max(max(places) for places in over_training.values())
        panels[1, 1].set_xscale("symlog", linthresh=1)
        panels[1, 1].xaxis.set_major_formatter("{x:,.0f}")
        panels[1, 1].set_xlim(-0.15, max(1.2, 1.25 * last))
        panels[0, 0].set(ylabel="cosine with backpropagation", title="at first weights, by lag")
        panels[0, 1].set_title(f"over training at lag {lag}")
        panels[1, 0].set(xlabel="lag, steps", ylabel="norm / that of backpropagation")
        panels[1, 1].set_xlabel("updates")
        handles, labels = panels[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center")
        set_title(figure, title)
        return save_figure(figure, path)


def _draw_rule(
    panel: "Axes", found: Mapping[int, np.ndarray], row: int, index: int, rule: str
) -> None:
    values = np.stack([each[row] for each in found.values()])  # [places, batches]
    places, colour = list(found), COLOURS[index % len(COLOURS)]
    if row:
        values = np.where(values > 0, values, np.nan)  # the axis has no 0
    kept = [line[np.isfinite(line)] for line in values]
    low, mean, high = (
        [function(line) if line.size else np.nan for line in kept]
        for function in (
            lambda x: np.quantile(x, 0.1),
            np.mean if row == 0 else lambda x: np.exp(np.mean(np.log(x))),
            lambda x: np.quantile(x, 0.9),
        )
    )
    panel.fill_between(places, low, high, color=colour, alpha=0.15, lw=0)
    style = {"marker": _MARKERS[index % len(_MARKERS)], "ms": 4, "lw": 1.7}
    panel.plot(places, mean, color=colour, label=rule, **style)


def _set_places(panel: "Axes", found: Aligned) -> None:
    """Makes the axis below logarithmic, with some of the places themselves as ticks."""
    places = sorted({place for line in found.values() for place in line})
    if len(places) > 1:
        panel.set_xscale("log")
    shown = places[:: -(-len(places) // 8)]
    panel.set_xticks(shown, [f"{place:,}" for place in shown])
    panel.minorticks_off()
