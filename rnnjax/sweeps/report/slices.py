"""The figure of results against each setting by itself."""

import collections
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rnnjax.runs.figures.style import COLOURS, GREY
from rnnjax.sweeps.records import Group, Sweep
from rnnjax.sweeps.report.labels import label_names, label_numbers, lie_level, name_result, widen
from rnnjax.sweeps.report.scales import Scale, setting_scales

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 4  # units, each enough for a panel with an axis of numbers
_WIDTH = 9.6  # inches, of which the y axis takes one
_HEIGHT = 3.0  # inches of a row
_GOLDEN = (math.sqrt(5) - 1) / 2


def draw_slices(figure: "Figure", sweep: Sweep) -> str | None:
    """Draws the results against each setting that varies, a panel a setting.

    Args:
        figure: an empty figure.
        sweep: the sweep.

    Returns:
        What there is to see, None where no setting varies or nothing is finished.
    """
    groups = [group for group in sweep.groups() if group.result is not None]
    ended = sweep.ended()
    lost = [point for point in ended if sweep.result(point) is None]
    names = sweep.varied(ended)
    if not names or not groups:
        return None
    scales = setting_scales(sweep, names, ended)
    rows = _arrange({name: _units(scale) for name, scale in scales.items()})
    outer, first, slanted = figure.add_gridspec(len(rows), 1), None, []
    for row, spans in enumerate(rows):
        inner = outer[row].subgridspec(1, len(spans), width_ratios=list(spans.values()))
        heights = []
        for column, (name, span) in enumerate(spans.items()):
            panel = figure.add_subplot(inner[column], sharey=first, xlabel=name)
            first = first or panel
            panel.tick_params(axis="y", labelleft=not column)
            panel.set_ylabel("" if column else name_result(sweep))
            _draw_groups(
                panel, sweep, _places(scales[name], [g.settings[name] for g in groups]), groups
            )
            _draw_lost(panel, sweep, _places(scales[name], [p.settings[name] for p in lost]))
            heights.append(_label(panel, scales[name], span / sum(spans.values())))
        slanted.append(max(heights))
    _scale_results(figure.axes[0], sweep, bool(lost))
    outer.set_height_ratios([_HEIGHT + height for height in slanted])
    figure.set_size_inches(_WIDTH, 1.3 + _HEIGHT * len(rows) + sum(slanted))
    return _caption(sweep, groups, len(lost))


def _inches(share: float) -> float:
    """Returns about how wide a panel is that has this share of a row."""
    return share * (_WIDTH - 1) - 0.2


def _label(panel: "Axes", scale: Scale, share: float) -> float:
    """Labels a panel's x axis and returns the height that slanted labels take."""
    if scale.numbers is None:
        return label_names(panel, scale.values, _inches(share))
    label_numbers(panel, scale, _inches(share))
    return 0.0


def _units(scale: Scale) -> int:
    """Returns how much of a row a panel takes: more for names that do not lie level in less."""
    if scale.numbers is not None:
        return 1
    level = (u for u in (1, 2) if lie_level(scale.values, _inches(u / _ROW)))
    return next(level, _ROW)


def _arrange(units: dict[str, int]) -> list[dict[str, int]]:
    """Returns the panels of each row with their units, about as many units in each row."""
    total = sum(units.values())
    most = math.ceil(total / math.ceil(total / _ROW))
    rows: list[dict[str, int]] = []
    for name, unit in units.items():
        if not rows or sum(rows[-1].values()) + unit > most:
            rows.append({})
        rows[-1][name] = unit
    return rows


def _scale_results(panel: "Axes", sweep: Sweep, any_lost: bool) -> None:
    """Gives the y axis its ends, with room for crosses at the worse one."""
    results = [result for point in sweep.points if (result := sweep.result(point)) is not None]
    worse = 0.16 if any_lost else 0.06
    below, above = (worse, 0.06) if sweep.higher_is_better else (0.06, worse)
    panel.set_yscale("log" if sweep.is_logarithmic else "linear")
    panel.set_ylim(*widen(min(results), max(results), sweep.is_logarithmic, below, above))


def _draw_groups(panel: "Axes", sweep: Sweep, xs: Sequence[float], groups: Sequence[Group]) -> None:
    """Draws the groups' means, and their points where they have several; the best group first."""
    for chosen, colour, zorder in ((slice(1, None), COLOURS[0], 3), (slice(1), COLOURS[1], 4)):
        means, seeds = [], []
        for x, group in zip(xs[chosen], groups[chosen], strict=True):
            results = [r for point in group.points if (r := sweep.result(point)) is not None]
            seeds += [(x, result) for result in results if len(results) > 1]
            means += [(x, group.result.mean)] if group.result else []
        for dots, size, alpha in ((seeds, 9, 0.45), (means, 32, 0.8)):
            place = np.array(dots).reshape(-1, 2).T
            panel.scatter(*place, s=size, alpha=alpha, color=colour, lw=0, zorder=zorder)


def _draw_lost(panel: "Axes", sweep: Sweep, xs: Sequence[float]) -> None:
    """Marks points without a result at the worse end of the y axis."""
    height = 0.03 if sweep.higher_is_better else 0.97
    place = panel.get_xaxis_transform()
    panel.scatter(xs, [height] * len(xs), marker="x", s=20, lw=1, color=GREY, transform=place)


def _places(scale: Scale, values: Sequence[str]) -> list[float]:
    """Returns where values lie on the x axis, those of a list beside others of the same value."""
    seen: dict[str, int] = collections.Counter()
    places = []
    for value in values:
        number, aside = seen[value], 0.0
        seen[value] += 1
        if scale.is_list:
            aside = (number * _GOLDEN + 0.5) % 1 - 0.5  # 0, then evenly over -0.5 to 0.5
        places.append(scale.place(value, aside))
    return places


def _caption(sweep: Sweep, groups: Sequence[Group], lost: int) -> str:
    words = [f"{len(sweep.finished())} finished points; the best in red."]
    if any(len(group.points) > 1 for group in groups):
        mean = "geometric means" if sweep.is_logarithmic else "means"
        words += [f"Small dots are seeds, large ones their {mean}."]
    if lost:
        words += [f"Crosses at the edge: {lost} that diverged."]
    return " ".join(words)
