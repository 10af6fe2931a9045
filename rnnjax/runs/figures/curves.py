"""The learning curves of a run."""

import os
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rnnjax.runs.figures.style import COLOURS, GREY, save_figure, set_title, spans_decade, styled
from rnnjax.runs.recording import read_metrics
from rnnjax.runs.workdir import folder_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SPLITS = ("train", "validation", "test")
_OF_UPDATES = ("grad_norm", "learning_rate")  # what is recorded of the updates, not of the answers
_MOST_POINTS = 1000  # of one curve: more than its pixels


class _Curve(NamedTuple):
    """One metric of one split."""

    steps: np.ndarray
    values: np.ndarray  # NaN where nothing finite was recorded


def draw_curves(
    workdir: str | os.PathLike[str],
    *,
    title: str,
    baseline: float | None = None,
    best_step: int | None = None,
    tested: str = "",
) -> pathlib.Path:
    r"""Draws what `metrics.jsonl` holds as `curves.png` and `curves.pdf`.

    Loss, and accuracy if there is any, of training, validation and test; below them the gradient's
    norm and the learning rate where they are recorded. A star marks the state that validation
    chooses.

    Args:
        workdir: the run's folder.
        title: above the figure, such as "mnist_rnn: LSTM(128) on MNIST by rows".
        baseline: the loss of the best guess without memory, drawn as a dashed line.
        best_step: the step of the state that was chosen; by default that of the most accuracy on
            validation, or else of the least loss there.
        tested: what the test has that training has not, such as "length 7 to 12", for the legend.

    Returns:
        The path of the PNG.

    Example:
        >>> import json, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> line = {"step": 100, "split": "validation", "loss": 0.5, "accuracy": 0.8}
        >>> _ = (folder / "metrics.jsonl").write_text(json.dumps(line) + "\n")
        >>> draw_curves(folder, title="adding: GRU(64) on Adding(100)").name
        'curves.png'
    """
    records = read_metrics(workdir)
    answers, updates = _panel_names(records)
    if best_step is None and answers:
        best_step = _best_step(_curves(records, answers[-1]), answers[-1])
    with styled() as Figure:
        figure = Figure(dpi=160, layout="constrained")
        panels = _arrange(figure, answers or ["loss"], updates)
        set_title(figure, title)
        for name in answers:
            level = baseline if name == "loss" else None
            _draw_answers(panels[name], name, _curves(records, name), level, best_step, tested)
        for name in updates:
            _draw_updates(panels[name], name, _curves(records, name))
        if not answers:
            panels["loss"].text(0.5, 0.5, "no metrics yet", ha="center", color=GREY)
            panels["loss"].set(xlabel="step", ylabel="loss", xticks=[], yticks=[])
        _add_legend(figure, [panels[name] for name in answers])
        return save_figure(figure, folder_of(workdir) / "curves.png")


def _panel_names(records: Sequence[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """Names what to draw of the answers (loss, first accuracy, or else the first) and updates."""
    names = dict.fromkeys(k for record in records for k in record if k not in ("step", "split"))
    updates = [name for name in _OF_UPDATES if names.pop(name, ...) is None]
    accuracies = [name for name in names if "accuracy" in name]
    answers = [name for name in ("loss", *accuracies[:1]) if name in names] or list(names)[:1]
    return answers, updates


def _arrange(figure: "Figure", answers: list[str], updates: list[str]) -> dict[str, "Axes"]:
    """Lays out the answers side by side and the updates, half as high, below them."""
    rows: list[Any] = [names * (2 // len(names)) for names in (answers, updates) if names]
    figure.set_size_inches(10.2 if len(answers) > 1 else 6.6, 2.2 + 1.7 * len(rows))
    return figure.subplot_mosaic(rows, height_ratios=[2.4, 1][: len(rows)])


def _curves(records: Sequence[dict[str, Any]], name: str) -> dict[str, _Curve]:
    """Returns the curve of each split that has the metric, the usual ones first."""
    points: dict[str, list[tuple[int, float]]] = {split: [] for split in _SPLITS}
    for record in records:
        if name in record:
            points.setdefault(record["split"], []).append((record["step"], record[name]))
    # `None` becomes NaN.
    return {s: _Curve(*np.array(found, dtype=float).T) for s, found in points.items() if found}


def _best_step(curves: dict[str, _Curve], name: str) -> int | None:
    """Returns the step that is best on validation."""
    steps, values = curves.get("validation", _Curve(np.zeros(0), np.zeros(0)))
    ranks = values if "accuracy" in name else -values
    ranks = np.where(np.isfinite(ranks), ranks, -np.inf)
    return int(steps[np.argmax(ranks)]) if np.isfinite(ranks).any() else None


def _draw_answers(
    panel: "Axes",
    name: str,
    curves: dict[str, _Curve],
    baseline: float | None,
    best_step: int | None,
    tested: str,
) -> None:
    colours = dict(zip((*_SPLITS, *(s for s in curves if s not in _SPLITS)), COLOURS, strict=False))
    for split, curve in curves.items():
        over = 3 if split == "validation" else 2  # what the choice looks at is not hidden
        width = 1.2 if split == "train" else 1.7
        label = f"test, {tested}" if tested and split == "test" else split
        _draw_curve(panel, curve, color=colours[split], label=label, lw=width, zorder=over)
    if baseline is not None:
        panel.axhline(baseline, ls=(0, (5, 3)), lw=1.2, color=GREY, label="memoryless baseline")
    if best_step is not None:
        _mark_best(panel, name, curves, best_step)
    _finish(panel, name, curves, [] if baseline is None else [baseline])


def _draw_updates(panel: "Axes", name: str, curves: dict[str, _Curve]) -> None:
    for curve in curves.values():
        _draw_curve(panel, curve, color=GREY, lw=1)
    _finish(panel, name, curves, [])


def _draw_curve(panel: "Axes", curve: _Curve, **how: Any) -> None:
    """Draws a curve; one of very many points as means, on a band from the least to the most."""
    if len(curve.steps) > 2 * _MOST_POINTS:
        parts = _in_parts(curve)
        low, high = (f(1).filled(np.nan) for f in (parts.values.min, parts.values.max))
        curve = _Curve(parts.steps.mean(1), parts.values.mean(1).filled(np.nan))
        panel.fill_between(curve.steps, low, high, color=how["color"], alpha=0.2, lw=0)
    marker = "o" if np.isfinite(curve.values).sum() <= 30 else ""
    panel.plot(curve.steps, curve.values, marker=marker, ms=3.5, **how)


def _in_parts(curve: _Curve) -> Any:
    """Cuts a curve in equal parts, `[parts, n]`, what is not finite masked; a few points go."""
    size = -(-len(curve.steps) // _MOST_POINTS)
    parts = len(curve.steps) // size
    steps, values = (array[: parts * size].reshape(parts, size) for array in curve)
    return _Curve(steps, np.ma.masked_invalid(values))


def _mark_best(panel: "Axes", name: str, curves: dict[str, _Curve], step: int) -> None:
    """Puts a star on the state that was chosen and, above the panel, how good it is."""
    reached = {}
    for split in ("validation", "test"):
        steps, values = curves.get(split, _Curve(np.zeros(0), np.zeros(0)))
        found = values[(steps == step) & np.isfinite(values)]
        if len(found):
            reached[split] = float(found[-1])
    if not reached:
        return
    form = ".4f" if "accuracy" in name else ".4g"
    numbers = ", ".join(f"{split} {value:{form}}" for split, value in reached.items())
    # Hollow: the point of the only evaluation is seen in it.
    star = {"marker": "*", "ls": "", "ms": 14, "mfc": "none", "mec": "black", "mew": 1.2}
    (handle,) = panel.plot(step, next(iter(reached.values())), zorder=4, label="_", **star)
    panel.legend(
        [handle],
        [f"chosen at step {step:,}: {numbers}"],
        loc="lower left",
        bbox_to_anchor=(-0.02, 1),
        fontsize=9,
        handletextpad=0.1,
        borderpad=0.1,
    )


def _finish(panel: "Axes", name: str, curves: dict[str, _Curve], levels: Sequence[float]) -> None:
    """Labels and scales the axes of a panel that has curves and other levels."""
    from matplotlib.ticker import EngFormatter

    last = max(curve.steps.max() for curve in curves.values())
    label = {"grad_norm": "gradient norm"}.get(name, name.replace("_", " "))
    panel.set(xlabel="step", ylabel=label, xlim=(0, 1.03 * max(last, 1)))
    panel.locator_params(axis="x", nbins=6, integer=True)
    panel.xaxis.set_major_formatter(EngFormatter(sep=""))
    values = np.concatenate([*(curve.values for curve in curves.values()), levels])
    values = values[np.isfinite(values)]
    if not len(values):
        middle = {"transform": panel.transAxes, "ha": "center", "va": "center"}
        panel.text(0.5, 0.5, "no finite number", color=GREY, **middle)
        panel.set_yticks([])
    elif spans_decade(values) and not ("accuracy" in name or name == "learning_rate"):
        _make_logarithmic(panel, many=values.max() > 100 * values.min())


def _make_logarithmic(panel: "Axes", *, many: bool) -> None:
    """Makes the second axis logarithmic; with many decades only they are labelled."""
    from matplotlib.ticker import LogLocator, NullFormatter

    panel.set_yscale("log")
    panel.yaxis.set_major_locator(LogLocator(subs=(1,) if many else (1, 2, 5)))
    panel.yaxis.set_major_formatter("{x:g}")
    panel.yaxis.set_minor_formatter(NullFormatter())


def _add_legend(figure: "Figure", panels: Sequence["Axes"]) -> None:
    """Names the lines of all panels once, below them."""
    named = {}
    for panel in panels:
        lines, labels = panel.get_legend_handles_labels()
        named |= dict(zip(labels, lines, strict=True))
    figure.align_ylabels()
    if named:
        figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=len(named))
