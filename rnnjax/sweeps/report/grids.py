"""Figures of a grid: parallel coordinates and a heat map."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rnnjax.runs.figures.style import GREY
from rnnjax.sweeps.estimates import mean_and_interval
from rnnjax.sweeps.records import Point, Sweep
from rnnjax.sweeps.report.labels import (
    format_number,
    label_names,
    name_result,
    round_numbers,
    shorten,
    wrap,
)
from rnnjax.sweeps.report.scales import Scale, setting_scales

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

_SPREAD = 0.03  # of lines through the same value
_WIDTH = 9.6  # inches


def is_grid(sweep: Sweep) -> bool:
    """Says whether a sweep is drawn as a grid: values side by side, each with many others.

    It is one if two or more settings vary, each has at most eight values that were named one by
    one, and at least half of their combinations have ended. Of points drawn at random, most would
    have a row and a column of their own.
    """
    points = sweep.ended()
    names = sweep.varied(points)
    scales = setting_scales(sweep, names, points).values()
    tried = {tuple(point.settings[name] for name in names) for point in points}
    whole = math.prod(len(scale.values) for scale in scales)
    return len(names) > 1 and all(s.is_list for s in scales) and 2 * len(tried) >= whole


def draw_parallel(figure: "Figure", sweep: Sweep) -> str | None:
    """Draws each finished or diverged point as a line through its settings to its result.

    Args:
        figure: an empty figure.
        sweep: the sweep.

    Returns:
        What there is to see, None where it is no grid or nothing is finished.
    """
    finished = sweep.finished()
    if not finished or not is_grid(sweep):
        return None
    ended = sweep.ended()
    diverged = [point for point in ended if sweep.result(point) is None]
    names = sweep.varied(ended)
    scales = list(setting_scales(sweep, names, ended).values())
    results = [sweep.result(point) or 0.0 for point in finished]
    colours = _colours(sweep, results)
    figure.set_size_inches(max(_WIDTH, 1.9 * (len(names) + 1)), 4.8)
    panel = figure.subplots()
    spread = np.linspace(-_SPREAD, _SPREAD, len(ended))

    def heights(rank: int, point: Point) -> list[float]:
        """Returns where a point's line crosses the axes, apart from others of the same value."""
        places = zip(scales, (point.settings[name] for name in names), strict=True)
        return [_height(scale, value) + spread[rank] for scale, value in places]

    worst = -0.18 if sweep.higher_is_better else 1.18
    for rank, point in enumerate(diverged, start=len(finished)):
        panel.plot([*heights(rank, point), worst], ls=(0, (4, 3)), lw=0.9, color=GREY, alpha=0.6)
    for rank, point in reversed(list(enumerate(finished))):  # the best on top
        line = [*heights(rank, point), *np.asarray(colours.norm(np.array([results[rank]])))]
        panel.plot(line, lw=1.3, color=colours.to_rgba(np.array(results[rank])), alpha=0.85)
    for x, scale in enumerate(scales):
        _draw_ruler(panel, x, [(_height(scale, value), shorten(value)) for value in scale.values])
    numbers = round_numbers(min(results), max(results), sweep.is_logarithmic)
    places = np.asarray(colours.norm(np.array(numbers)))
    _draw_ruler(
        panel, len(names), [(y, format_number(n)) for y, n in zip(places, numbers, strict=True)]
    )
    panel.set_xticks(range(len(names) + 1), [*names, name_result(sweep)])
    panel.set(yticks=[], xlim=(-0.1, len(names) + 0.25))
    panel.tick_params(length=0, colors="black")
    panel.grid(visible=False)
    panel.spines[:].set_visible(False)
    words = f"A line is a finished point, {len(finished)} in all, the darker the better."
    if not diverged:
        return words
    panel.text(len(names) + 0.03, worst, "diverged", va="center", fontsize=9, color=GREY)
    return f"{words} Dashed: {len(diverged)} that diverged."


def _draw_ruler(panel: "Axes", x: float, ticks: Sequence[tuple[float, str]]) -> None:
    """Draws an upright axis with its labels, from 0 to 1."""
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
    panel.plot([x, x], [-_SPREAD, 1 + _SPREAD], lw=1.2, color=GREY, zorder=4)
    for height, label in ticks:
        panel.plot([x, x + 0.015], [height, height], lw=1.2, color=GREY, zorder=4)
        place = {"va": "center", "fontsize": 8.5, "zorder": 5, "bbox": box}
        panel.text(x + 0.03, height, wrap(label, 22), **place)


def draw_heat_map(figure: "Figure", sweep: Sweep, names: Sequence[str]) -> str | None:
    """Draws the mean result of a grid by two settings, over all that the others are.

    Args:
        figure: an empty figure.
        sweep: the sweep.
        names: the two settings; fewer make no figure.

    Returns:
        What there is to see, None where it is no grid.
    """
    if len(names) < 2 or not is_grid(sweep):
        return None
    across, up = setting_scales(sweep, names, sweep.finished()).values()
    means = _means(sweep, names, across, up)
    colours = _colours(sweep, means[np.isfinite(means)].tolist())
    panel = figure.subplots()
    panel.imshow(colours.to_rgba(means), aspect="auto", origin="lower")  # NaN is clear
    _annotate(panel, means, colours)
    slanted = label_names(panel, across.values, 0.7 * _WIDTH)
    figure.set_size_inches(_WIDTH, max(3.6, 1.8 + 0.55 * len(up.values)) + slanted)
    texts = [wrap(shorten(value), 28) for value in up.values]
    panel.set_yticks(range(len(texts)), texts, fontsize=8.5)
    panel.set(xlabel=names[0], ylabel=names[1])
    panel.grid(visible=False)
    bar = figure.colorbar(colours, ax=panel, aspect=30)
    bar.set_label(name_result(sweep))
    mean = "Geometric mean" if sweep.is_logarithmic else "Mean"
    return (
        f"{mean} over seeds and all other settings, of finished points; white where there is none."
    )


def _means(sweep: Sweep, names: Sequence[str], across: Scale, up: Scale) -> np.ndarray:
    """Returns the mean results `[len(up.values), len(across.values)]`, NaN where there is none."""
    results: dict[tuple[str, ...], list[float]] = {}
    for point in sweep.finished():
        cell = tuple(point.settings[name] for name in names)
        results.setdefault(cell, []).append(sweep.result(point) or 0.0)
    means = np.full((len(up.values), len(across.values)), np.nan)
    for (column, row), found in results.items():
        mean = mean_and_interval(found, geometric=sweep.is_logarithmic)
        if mean is not None:
            means[up.values.index(row), across.values.index(column)] = mean.mean
    return means


def _annotate(panel: "Axes", means: np.ndarray, colours: "ScalarMappable") -> None:
    """Writes each mean into its cell, in black or white, whichever stands out."""
    for (i, j), mean in np.ndenumerate(means):
        if np.isfinite(mean):
            red, green, blue, _ = colours.to_rgba(mean)
            ink = "black" if 0.3 * red + 0.6 * green + 0.1 * blue > 0.5 else "white"
            place = {"ha": "center", "va": "center", "fontsize": 8.5}
            panel.text(j, i, f"{mean:.3g}", color=ink, **place)


def _height(scale: Scale, value: str) -> float:
    """Returns where a value lies, from 0 to 1, all equally far apart."""
    return scale.values.index(value) / max(len(scale.values) - 1, 1)


def _colours(sweep: Sweep, values: Sequence[float]) -> "ScalarMappable":
    """Returns the colours of results, from dark for the best to pale for the worst."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm, Normalize

    norm = LogNorm if sweep.is_logarithmic else Normalize
    cmap = "viridis_r" if sweep.higher_is_better else "viridis"
    return ScalarMappable(norm(min(values), max(values)), cmap)
