"""The learning curves of a sweep: a mean over seeds and how sure it is."""

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rnnjax.runs.figures.style import COLOURS, GREY, spans_decade
from rnnjax.runs.recording import read_metrics
from rnnjax.sweeps.estimates import Estimate, mean_and_interval
from rnnjax.sweeps.records import Group, Sweep
from rnnjax.sweeps.report.labels import name_result, name_settings, widen, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PALE = "#BBBBBB"
_SHORT = 30  # letters of a label beside the curves


class _Curve(NamedTuple):
    label: str
    values: dict[int, list[float]]  # of all seeds by their step, ascending


def draw_learning(figure: "Figure", sweep: Sweep) -> str | None:
    """Draws how the metric went, a colour for each of the best groups.

    Args:
        figure: an empty figure.
        sweep: the sweep.

    Returns:
        What there is to see, None where nothing was recorded and nothing is drawn.
    """
    groups = sweep.groups()
    # Groups with a result come first; as long as there is none, all are worth a colour.
    results = sum(group.result is not None for group in groups) or len(groups)
    curves = [_read_curve(sweep, group) for group in groups]
    strong = [curve for curve in curves[:results] if curve.values][: len(COLOURS)]
    pale = [curve for curve in curves if curve.values][len(strong) :]
    if not strong:
        return None
    values = [v for curve in curves for found in curve.values.values() for v in found]
    geometric = spans_decade(values) and not sweep.higher_is_better
    panel, legend = _make_panels(figure, strong)
    for curve in pale:
        _draw_curve(panel, curve, _PALE, geometric, lw=0.7, zorder=1)
    for colour, curve in zip(COLOURS, strong, strict=False):
        _draw_band(panel, curve, colour, geometric, alpha=0.2 if len(strong) <= 3 else 0.1)
        marker = "o" if len(curve.values) <= 30 else ""
        style = {"marker": marker, "ms": 3, "lw": 1.8, "zorder": 3, "label": curve.label}
        _draw_curve(panel, curve, colour, geometric, **style)
    if len(strong) > 1 or pale:
        legend(handles=panel.get_legend_handles_labels()[0], fontsize=9)
    _draw_axes(panel, sweep, values, geometric)
    return _caption(groups, len(strong), len(pale), geometric)


def _make_panels(figure: "Figure", strong: Sequence[_Curve]) -> "tuple[Axes, Callable[..., Any]]":
    """Returns a panel, and what draws its legend: beside it, or below where labels are long."""
    if max(len(curve.label) for curve in strong) <= _SHORT:
        return figure.subplots(), functools.partial(figure.legend, loc="outside right center")
    lines = sum(1 + curve.label.count("\n") for curve in strong)
    figure.set_size_inches(9.6, 4.6 + 0.19 * lines)
    panel, below = figure.subplots(2, 1, height_ratios=(4.1, 0.19 * lines))
    below.set_axis_off()
    return panel, functools.partial(below.legend, loc="upper left", borderaxespad=0)


def _read_curve(sweep: Sweep, group: Group) -> _Curve:
    """Returns the finite values of those points of a group that did not break off."""
    sound = [point for point in group.points if point.status not in ("diverged", "failed")]
    values: dict[int, list[float]] = {}
    for point in sound or group.points:
        for record in read_metrics(point.folder):
            value = record.get(sweep.metric) if record["split"] == sweep.split else None
            if value is not None:
                values.setdefault(record["step"], []).append(value)
    label = name_settings(group.settings, sweep.varied(sweep.points)) or sweep.experiment
    return _Curve(wrap(label, 110), dict(sorted(values.items())))


def _estimates(curve: _Curve, geometric: bool) -> list[Estimate]:
    found = (mean_and_interval(values, geometric=geometric) for values in curve.values.values())
    return [estimate for estimate in found if estimate is not None]


def _draw_curve(panel: "Axes", curve: _Curve, colour: str, geometric: bool, **style: Any) -> None:
    means = [estimate.mean for estimate in _estimates(curve, geometric)]
    panel.plot(list(curve.values), means, color=colour, **style)


def _draw_band(panel: "Axes", curve: _Curve, colour: str, geometric: bool, alpha: float) -> None:
    ends = np.array([estimate.ends for estimate in _estimates(curve, geometric)])
    panel.fill_between(list(curve.values), *ends.T, color=colour, alpha=alpha, lw=0, zorder=2)


def _draw_axes(panel: "Axes", sweep: Sweep, values: Sequence[float], geometric: bool) -> None:
    """Gives the axes their ends: those of the seeds' values, which a band may reach beyond."""
    panel.set_yscale("log" if geometric else "linear")
    panel.set_ylim(*widen(min(values), max(values), geometric, 0.06, 0.06))
    last = max(int(np.max(line.get_xdata())) for line in panel.lines)
    panel.set(xlabel="step", ylabel=name_result(sweep), xlim=(0, 1.03 * max(last, 1)))
    panel.xaxis.set_major_formatter("{x:,.0f}")
    panel.locator_params(axis="x", nbins=6, integer=True)
    panel.tick_params(colors=GREY)


def _caption(groups: Sequence[Group], strong: int, pale: int, geometric: bool) -> str:
    seeds = max(len(group.points) for group in groups)
    words = []
    if seeds > 1:
        mean = "Geometric mean" if geometric else "Mean"
        words += [f"{mean} over seeds with its 95 % confidence interval."]
    if pale:
        which = "the best " if groups[0].result is not None else ""
        words += [f"In colour {which}{strong} of {strong + pale}, the others thin and grey."]
    broken = any(p.status in ("diverged", "failed") for group in groups for p in group.points)
    if seeds > 1 and broken:
        words += ["Seeds that diverged or failed count only where there is no other."]
    return " ".join(words) or "The metric at each evaluation."
