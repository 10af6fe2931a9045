"""Figures of results against settings: parallel coordinates and a heat map."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rnnjax.sweeps.records import Point, Sweep
from rnnjax.sweeps.report.scales import Scale, make_metric_scale, make_scale, wrap
from rnnjax.training.curves import GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

_BINS = 6  # of a setting with many values, in a heat map
_SPREAD = 0.03  # of a line's places on an axis with few values


def draw_parallel(figure: "Figure", sweep: Sweep) -> str | None:
    """Draws each finished or diverged point as a line through its settings to its result.

    Args:
        figure: an empty figure.
        sweep: the sweep.

    Returns:
        What there is to see, None where no setting varies or nothing is finished.
    """
    finished = sweep.finished()
    ended = [point for point in sweep.points if point.status in ("finished", "diverged")]
    diverged = [point for point in ended if point.result(sweep.metric) is None]
    names = sweep.varied(ended)
    if not names or not finished:
        return None
    scales = [make_scale([point.settings[name] for point in ended]) for name in names]
    metric = _metric_scale(sweep, finished)
    colours = _colours(sweep, metric)
    figure.set_size_inches(max(9.6, 1.9 * (len(names) + 1)), 4.8)
    panel = figure.subplots()
    spread = np.linspace(-_SPREAD, _SPREAD, len(ended))

    def heights(rank: int, point: Point) -> list[float]:
        """Returns where a point's line crosses the axes, apart from others of the same value."""
        places = zip(scales, (point.settings[name] for name in names), strict=True)
        return [scale.place(v) + (spread[rank] if scale.has_few else 0) for scale, v in places]

    worst = -0.18 if sweep.higher_is_better else 1.18
    for rank, point in enumerate(diverged, start=len(finished)):
        line = [*heights(rank, point), worst]
        panel.plot(line, ls=(0, (4, 3)), lw=0.9, color=GREY, alpha=0.6)
    for rank, point in reversed(list(enumerate(finished))):  # the best on top
        result = point.result(sweep.metric) or 0.0
        line = [*heights(rank, point), metric.place_number(result)]
        panel.plot(line, lw=1.3, color=colours.to_rgba(np.array(result)), alpha=0.85)
    _draw_rulers(panel, [*names, sweep.metric], [*scales, metric])
    if diverged:
        panel.text(len(names) + 0.03, worst, "diverged", va="center", fontsize=9, color=GREY)
    bar = figure.colorbar(colours, ax=panel, pad=0.06, aspect=30)
    bar.set_label(f"final test {sweep.metric}".replace("_", " "))
    words = (
        f"A line is a finished point, {len(finished)} in all, the darker the better; lines of the "
        "same value lie side by side."
    )
    return f"{words} Dashed: {len(diverged)} that diverged." if diverged else words


def _draw_rulers(panel: "Axes", names: Sequence[str], scales: Sequence[Scale]) -> None:
    """Draws an upright axis for each setting, and the metric's last."""
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
    for x, scale in enumerate(scales):
        panel.plot([x, x], [-_SPREAD, 1 + _SPREAD], lw=1.2, color=GREY, zorder=4)
        for height, label in scale.ticks():
            text = wrap(label, 22)
            panel.plot([x, x + 0.015], [height, height], lw=1.2, color=GREY, zorder=4)
            place = {"va": "center", "fontsize": 8.5, "zorder": 5, "bbox": box}
            panel.text(x + 0.03, height, text, **place)
    panel.set_xticks(range(len(names)), names)
    panel.set(yticks=[], xlim=(-0.1, len(names) - 0.75))
    panel.tick_params(length=0, colors="black")
    panel.grid(visible=False)
    panel.spines[:].set_visible(False)


def draw_heat_map(figure: "Figure", sweep: Sweep, names: Sequence[str]) -> str | None:
    """Draws the mean result by two settings, over all that the others are.

    Args:
        figure: an empty figure.
        sweep: the sweep.
        names: the two settings; fewer make no figure.

    Returns:
        What there is to see, None for nothing.
    """
    if len(names) < 2:
        return None
    points = sweep.finished()
    columns, rows = (make_scale([p.settings[name] for p in points]).bins(_BINS) for name in names)
    means = np.full((len(rows), len(columns)), np.nan)
    for i, (_, in_row) in enumerate(rows):
        for j, (_, in_column) in enumerate(columns):
            results = [
                point.result(sweep.metric) or 0.0
                for point in points
                if point.settings[names[1]] in in_row and point.settings[names[0]] in in_column
            ]
            means[i, j] = np.mean(results) if results else np.nan
    metric = make_metric_scale(means[np.isfinite(means)].tolist(), sweep.higher_is_better)
    colours = _colours(sweep, metric)
    figure.set_size_inches(9.6, max(3.6, 1.8 + 0.55 * len(rows)))
    panel = figure.subplots()
    panel.imshow(colours.to_rgba(means), aspect="auto", origin="lower")  # NaN is clear
    _annotate(panel, means, colours)
    panel.set_xticks(range(len(columns)), [wrap(label, 20) for label, _ in columns], fontsize=9)
    panel.set_yticks(range(len(rows)), [wrap(label, 28) for label, _ in rows], fontsize=9)
    panel.set(xlabel=names[0], ylabel=names[1])
    panel.grid(visible=False)
    bar = figure.colorbar(colours, ax=panel, aspect=30)
    bar.set_label(f"final test {sweep.metric}".replace("_", " "))
    return (
        "Mean over seeds and all other settings, finished points only; empty where there is none."
    )


def _annotate(panel: "Axes", means: np.ndarray, colours: "ScalarMappable") -> None:
    """Writes each mean into its cell, in black or white, whichever stands out."""
    for (i, j), mean in np.ndenumerate(means):
        if np.isfinite(mean):
            red, green, blue, _ = colours.to_rgba(mean)
            ink = "black" if 0.3 * red + 0.6 * green + 0.1 * blue > 0.5 else "white"
            place = {"ha": "center", "va": "center", "fontsize": 8.5}
            panel.text(j, i, f"{mean:.3g}", color=ink, **place)


def _metric_scale(sweep: Sweep, points: Sequence[Point]) -> Scale:
    values = [point.result(sweep.metric) or 0.0 for point in points]
    return make_metric_scale(values, sweep.higher_is_better)


def _colours(sweep: Sweep, metric: Scale) -> "ScalarMappable":
    """Returns the colours of results, from dark for the best to pale for the worst."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm, Normalize

    assert metric.numbers is not None, "a metric has numbers"
    norm = LogNorm if metric.is_log else Normalize
    cmap = "viridis_r" if sweep.higher_is_better else "viridis"
    return ScalarMappable(norm(metric.numbers[0], metric.numbers[-1]), cmap)
