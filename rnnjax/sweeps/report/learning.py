"""The learning curves of a sweep: a mean over seeds and how sure it is."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rnnjax.sweeps.records import Group, Sweep, mean_and_interval
from rnnjax.sweeps.report.scales import name_settings, wrap
from rnnjax.training.curves import COLOURS, GREY, spans_decade
from rnnjax.training.recording import read_metrics

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class _Curve(NamedTuple):
    label: str
    steps: np.ndarray  # ascending
    mean: np.ndarray
    interval: np.ndarray  # NaN where there is one value


def draw_learning(figure: "Figure", sweep: Sweep) -> str | None:
    """Draws the metric's test curves, a colour for each of the best groups.

    Args:
        figure: an empty figure.
        sweep: the sweep.

    Returns:
        What there is to see, None where nothing was recorded and nothing is drawn.
    """
    names = sweep.varied(sweep.points)
    groups, curves = sweep.groups(), []
    for group in groups:
        label = name_settings(group.settings, names) or sweep.experiment
        curves.append(_read_curve(group, sweep.metric, label))
    # Groups with a result come first; as long as there is none, all are worth a colour.
    results = sum(group.mean is not None for group in groups) or len(groups)
    strong = [curve for curve in curves[:results] if len(curve.steps)][: len(COLOURS)]
    pale = [curve for curve in curves if len(curve.steps)][len(strong) :]
    if not strong:
        return None
    panel = figure.subplots()
    for curve in pale:
        panel.plot(curve.steps, curve.mean, lw=0.7, color="#BBBBBB", zorder=1)
    for colour, curve in zip(COLOURS, strong, strict=False):
        _draw_curve(panel, curve, colour)
    _draw_axes(panel, sweep, [*strong, *pale])
    if len(strong) > 1 or pale:
        _draw_legend(figure, strong)
    return _caption(groups, strong, pale)


def _read_curve(group: Group, metric: str, label: str) -> _Curve:
    """Returns the mean at each step over those points of a group that did not break off."""
    sound = [point for point in group.points if point.status not in ("diverged", "failed")]
    values: dict[int, list[float]] = {}
    for point in sound or group.points:
        for record in read_metrics(point.folder):
            value = record.get(metric) if record["split"] == "test" else None
            if value is not None:
                values.setdefault(record["step"], []).append(value)
    steps = sorted(values)
    pairs = [mean_and_interval(values[step]) for step in steps]
    mean, interval = np.array(pairs, dtype=float).reshape(-1, 2).T  # None becomes NaN
    return _Curve(label, np.array(steps), mean, interval)


def _draw_curve(panel: "Axes", curve: _Curve, colour: str) -> None:
    marker = "o" if len(curve.steps) <= 30 else ""
    style = {"marker": marker, "ms": 3, "lw": 1.8, "color": colour, "zorder": 3}
    panel.plot(curve.steps, curve.mean, label=wrap(curve.label, 110), **style)
    low, high = curve.mean - curve.interval, curve.mean + curve.interval
    panel.fill_between(curve.steps, low, high, color=colour, alpha=0.2, lw=0, zorder=2)


def _draw_axes(panel: "Axes", sweep: Sweep, curves: list[_Curve]) -> None:
    values = np.concatenate([curve.mean for curve in curves])
    if spans_decade(values) and not sweep.higher_is_better:
        panel.set_yscale("log")
        panel.set_ylim(values.min() / 1.5, values.max() * 1.5)  # a band may reach below zero
    last = max(curve.steps.max() for curve in curves)
    panel.set(xlabel="step", ylabel=f"test {sweep.metric}".replace("_", " "))
    panel.set_xlim(0, 1.03 * max(last, 1))
    panel.xaxis.set_major_formatter("{x:,.0f}")
    panel.tick_params(colors=GREY)


def _draw_legend(figure: "Figure", strong: list[_Curve]) -> None:
    """Puts short labels beside the curves, and long ones below in a figure made higher."""
    if max(len(curve.label) for curve in strong) <= 30:
        figure.legend(loc="outside right upper", fontsize=9)
        return
    legend = figure.legend(loc="outside lower left", fontsize=9)
    lines = sum(1 + text.get_text().count("\n") for text in legend.get_texts())
    figure.set_size_inches(9.6, 4.6 + 0.19 * lines)


def _caption(groups: list[Group], strong: list[_Curve], pale: list[_Curve]) -> str:
    seeds = max(len(group.points) for group in groups)
    words = []
    if seeds > 1:
        words += ["Mean over seeds with its 95 % confidence interval."]
    if pale:
        which = "the best " if groups[0].mean is not None else ""
        total = len(strong) + len(pale)
        words += [f"In colour {which}{len(strong)} of {total}, the others thin and grey."]
    broken = any(p.status in ("diverged", "failed") for group in groups for p in group.points)
    if seeds > 1 and broken:
        words += ["Seeds that diverged or failed count only where there is no other."]
    return " ".join(words) or "The metric at each evaluation."
