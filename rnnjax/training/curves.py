"""The figure of a run: its learning curves."""

import os
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rnnjax.training.recording import read_metrics

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_Curve = tuple[np.ndarray, np.ndarray]  # steps, values; NaN where nothing finite was recorded

# Paul Tol's bright scheme, told apart in all common kinds of colour blindness.
COLOURS = ("#4477AA", "#EE6677", "#228833", "#AA3377", "#CCBB44", "#66CCEE")
GREY = "#555555"
STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "lines.solid_capstyle": "round",
    "xtick.color": GREY,
    "ytick.color": GREY,
}


def draw_curves(
    workdir: str | os.PathLike[str], *, title: str, baseline: float | None = None
) -> pathlib.Path:
    """Draws what `metrics.jsonl` holds as `curves.png`: loss, and accuracy if there is any.

    Args:
        workdir: the run's folder.
        title: above the figure.
        baseline: the loss of the best guess without memory, drawn as a dashed line.

    Returns:
        The picture's path.
    """
    import matplotlib  # 0.3 s, and only runs that draw need it
    from matplotlib.figure import Figure

    records = read_metrics(workdir)
    names = _panels(records)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(4.8 * max(len(names), 1), 3.6), dpi=160, layout="constrained")
        figure.suptitle(title, fontsize=12, fontweight="bold")
        panels = figure.subplots(1, max(len(names), 1), squeeze=False)[0]
        for panel, name in zip(panels, names, strict=False):
            _draw_panel(panel, name, _curves(records, name), baseline if name == "loss" else None)
        if not names:
            panels[0].text(0.5, 0.5, "no metrics yet", ha="center", color=GREY)
            panels[0].set(xlabel="step", ylabel="loss", xticks=[], yticks=[])
        return save_figure(figure, pathlib.Path(workdir) / "curves.png")


def save_figure(figure: "Figure", path: pathlib.Path) -> pathlib.Path:
    """Writes a figure as PNG and returns its path; a reader finds the old file or the new one."""
    temporary = path.with_name(f"{path.name}.tmp")
    figure.savefig(temporary, format="png")
    temporary.replace(path)
    return path


def spans_decade(values: npt.ArrayLike) -> bool:
    """Says whether numbers, those that are not finite left out, ask for a logarithmic axis."""
    found = np.asarray(values, dtype=float)
    found = found[np.isfinite(found)]
    return bool(len(found) and 0 < 10 * found.min() < found.max())


def _panels(records: Sequence[dict[str, Any]]) -> list[str]:
    """Names the metrics to draw: the loss and the first accuracy, or else the first there is."""
    names = dict.fromkeys(k for record in records for k in record if k not in ("step", "split"))
    accuracies = [name for name in names if "accuracy" in name]
    return [name for name in ("loss", *accuracies[:1]) if name in names] or list(names)[:1]


def _curves(records: Sequence[dict[str, Any]], name: str) -> dict[str, _Curve]:
    """Returns the curve of each split that has the metric, the training split first."""
    splits = dict.fromkeys(record["split"] for record in records if name in record)
    curves = {}
    for split in sorted(splits, key=lambda split: split != "train"):
        points = [(r["step"], r[name]) for r in records if r["split"] == split and name in r]
        steps, values = np.array(points, dtype=float).T  # None becomes NaN
        curves[split] = (steps, values)
    return curves


def _draw_panel(
    panel: "Axes", name: str, curves: dict[str, _Curve], baseline: float | None
) -> None:
    for colour, (split, (steps, values)) in zip(COLOURS, curves.items(), strict=False):
        marker = "o" if np.isfinite(values).sum() <= 30 else ""
        panel.plot(steps, values, marker=marker, ms=3.5, lw=1.6, color=colour, label=split)
    is_accuracy = "accuracy" in name
    if is_accuracy:
        _mark_best(panel, *list(curves.items())[-1])
    if baseline is not None:
        panel.axhline(baseline, ls=(0, (5, 3)), lw=1.2, color=GREY, label="memoryless baseline")
    values = np.concatenate([values for _, values in curves.values()] + [[baseline or np.nan]])
    if not is_accuracy and spans_decade(values):
        panel.set_yscale("log")
    last = max(steps.max() for steps, _ in curves.values())
    panel.set(xlabel="step", ylabel=name.replace("_", " "), xlim=(0, 1.03 * max(last, 1)))
    panel.xaxis.set_major_formatter("{x:,.0f}")
    panel.locator_params(axis="x", nbins=6, integer=True)
    panel.legend(loc="lower right" if is_accuracy else "best")


def _mark_best(panel: "Axes", split: str, curve: _Curve) -> None:
    """Marks the best accuracy of the curve drawn last, and puts both numbers into the legend."""
    steps, values = (array[np.isfinite(curve[1])] for array in curve)
    if not len(values):
        return
    best = int(np.argmax(values))
    panel.lines[-1].set_label(f"{split}, last {values[-1]:.4f}")
    label = f"best {values[best]:.4f} at step {steps[best]:,.0f}"
    panel.plot(steps[best], values[best], "*", ms=11, color=GREY, zorder=4, label=label)
