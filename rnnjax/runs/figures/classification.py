"""What a classifier answers: who is taken for whom, and examples."""

import os
import pathlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rnnjax.runs.figures.style import COLOURS, GREY, save_figure, set_title, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_NAMED = 40  # classes: beyond, rows are thinner than a letter
_MOST_COUNTED = 20  # beyond, a count does not fit its square
_MOST_SAMPLES = 40
_FEW = 4  # as many features of a sequence are drawn as lines, more as an image
_WRONG = "#CC3311"


def draw_confusion(
    path: str | os.PathLike[str],
    targets: npt.ArrayLike,
    predictions: npt.ArrayLike,
    *,
    classes: Iterable[object],
    title: str,
) -> pathlib.Path:
    """Draws how often each class is taken for each: counts, and shares of the row by colour.

    Colours go by the square root of the share, so that rare confusions can be seen beside the
    diagonal. At the side stands each class's recall, the share of it that is recognised.

    Args:
        path: of the PNG; a PDF is written beside it.
        targets: the true classes, whole numbers `[N]`.
        predictions: the predicted classes, `[N]`.
        classes: the names of the classes in their order, such as `range(10)`.
        title: above the figure.

    Returns:
        The path of the PNG.

    Raises:
        ValueError: if the lengths differ, or there are classes that have no name.

    Example:
        >>> import tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "confusion.png"
        >>> draw_confusion(path, [0, 0, 1], [0, 1, 1], classes=("cat", "dog"), title="pets").name
        'confusion.png'
    """
    names = [str(name) for name in classes]
    counts = _counts(np.asarray(targets), np.asarray(predictions), len(names))
    totals = counts.sum(1)
    shares = counts / np.maximum(totals, 1)[:, None]
    side = float(np.clip(0.42 * len(names), 2.6, 8.0))
    with styled({"axes.grid": False}) as Figure:
        figure = Figure(figsize=(side + 2.6, side + 1.3), dpi=160, layout="constrained")
        set_title(figure, title)
        panel, bars = figure.subplots(1, 2, sharey=True, width_ratios=[side, 0.9])
        panel.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1, aspect="auto")
        panel.set(xlabel="predicted class", ylabel="true class")
        panel.tick_params(length=0)
        _name_classes(panel, names)
        if len(names) <= _MOST_COUNTED:
            _write_counts(panel, counts, shares)
        _draw_recall(bars, np.where(totals > 0, shares.diagonal(), np.nan))
        return save_figure(figure, path)


def _counts(targets: np.ndarray, predictions: np.ndarray, classes: int) -> np.ndarray:
    """Returns how often each true class (row) was taken for each (column)."""
    if targets.shape != predictions.shape or targets.ndim != 1:
        raise ValueError(
            f"targets and predictions must be [N] both; got {targets.shape}, {predictions.shape}"
        )
    both = np.concatenate([targets, predictions])
    if not np.isin(both, np.arange(classes)).all():
        raise ValueError(f"there are {classes} names but classes from {both.min()} to {both.max()}")
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (targets.astype(int), predictions.astype(int)), 1)
    return counts


def _name_classes(panel: "Axes", names: list[str]) -> None:
    if len(names) > _MOST_NAMED:
        return
    places = range(len(names))
    slant: dict[str, Any] = {"rotation": 45, "ha": "right"} if max(map(len, names)) > 3 else {}
    panel.set_xticks(places, names, **slant)
    panel.set_yticks(places, names)


def _write_counts(panel: "Axes", counts: np.ndarray, shares: np.ndarray) -> None:
    size = 9 if counts.max() < 10_000 else 7
    for row, column in zip(*counts.nonzero(), strict=True):
        colour = "white" if shares[row, column] > 0.3 else "black"
        text = f"{counts[row, column]}"
        panel.text(column, row, text, ha="center", va="center", color=colour, fontsize=size)


def _draw_recall(panel: "Axes", recall: np.ndarray) -> None:
    """Draws a bar a class; a class without an example has none."""
    thickness = 0.8 if len(recall) <= _MOST_NAMED else 1.0
    panel.barh(np.arange(len(recall)), np.nan_to_num(recall), height=thickness, color=COLOURS[0])
    panel.set(xlim=(0, 1), xticks=[0, 1], xlabel="recall")
    panel.tick_params(axis="y", length=0, labelleft=False)
    if len(recall) <= _MOST_NAMED:
        for row, value in enumerate(recall):
            text = "no example" if np.isnan(value) else f"{value:.1%}"
            panel.annotate(
                text, (1, row), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8.5
            )


def draw_samples(
    path: str | os.PathLike[str],
    examples: npt.ArrayLike,
    targets: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    *,
    title: str,
    classes: Sequence[object] | None = None,
) -> pathlib.Path:
    """Draws examples with the class that is predicted, and errors in red with the true one.

    Args:
        path: of the PNG; a PDF is written beside it.
        examples: images `[N, h, w]` or `[N, h, w, 3]`, or sequences `[N, T, D]`. A sequence of up
            to four features is drawn as lines, one of more as an image with time downward, so that
            an image that is read row by row looks like itself. The first 40 are drawn. NaN stands
            where there is no step.
        targets: the true classes, whole numbers `[N]`.
        probabilities: of each class, `[N, classes]`.
        title: above the figure.
        classes: the names of the classes in their order; their numbers if None.

    Returns:
        The path of the PNG.

    Raises:
        ValueError: if the numbers of examples differ, or there are none.

    Example:
        >>> import tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "samples.png"
        >>> images, probabilities = np.eye(8)[None], np.array([[0.9, 0.1]])
        >>> draw_samples(path, images, [1], probabilities, title="lines").name
        'samples.png'
    """
    shown, true, chances = np.asarray(examples), np.asarray(targets), np.asarray(probabilities)
    if not (len(shown) == len(true) == len(chances) > 0 and shown.ndim in (3, 4)):
        raise ValueError(
            "examples, targets and probabilities must be [N, ...] with 1 example or more; got "
            f"{shown.shape}, {true.shape}, {chances.shape}"
        )
    names = range(chances.shape[-1]) if classes is None else classes
    count = min(len(shown), _MOST_SAMPLES)
    columns = min(count, 8 if _is_image(shown) else 4)
    rows = -(-count // columns)
    width, height = (1.25, 1.45) if _is_image(shown) else (2.5, 1.5)
    with styled({"axes.grid": False}) as Figure:
        figure = Figure(figsize=(max(width * columns, 3.2), 1), dpi=160)
        above = set_title(figure, title)
        figure.set_figheight(above + height * rows)
        gaps = {"wspace": 0.08, "hspace": 0.28, "left": 0.02, "right": 0.98, "bottom": 0.02}
        gaps["top"] = 1 - (above + 0.25) / figure.get_figheight()
        panels = figure.subplots(rows, columns, squeeze=False, gridspec_kw=gaps).flat
        for panel in panels:
            panel.set_axis_off()
        for index, panel in zip(range(count), figure.axes, strict=False):
            _draw_example(panel, shown[index])
            _judge(panel, names, int(true[index]), chances[index])
        return save_figure(figure, path)


def _is_image(examples: np.ndarray) -> bool:
    return examples.ndim == 4 or examples.shape[-1] > _FEW


def _draw_example(panel: "Axes", example: np.ndarray) -> None:
    panel.set_axis_on()
    panel.set(xticks=[], yticks=[])
    if _is_image(example[None]):
        aspect = "equal" if 0.5 <= example.shape[0] / example.shape[1] <= 2 else "auto"
        finite = example[np.isfinite(example)]
        dark = "RdBu_r" if len(finite) and finite.min() < 0 else "Greys"
        most = float(np.abs(finite).max(initial=0.0)) or 1.0
        least = -most if dark == "RdBu_r" else 0.0
        panel.imshow(example, cmap=dark, vmin=least, vmax=most, aspect=aspect)
    else:
        for colour, line in zip(COLOURS, example.T, strict=False):
            panel.plot(line, lw=1, color=colour)


def _judge(panel: "Axes", names: Sequence[object], true: int, chances: np.ndarray) -> None:
    """Writes what is predicted, and marks an error."""
    predicted = int(chances.argmax())
    text = f"{names[predicted]}  {chances[predicted]:.0%}"
    is_right = predicted == true
    text = text if is_right else f"{text}, is {names[true]}"
    room = 16 * panel.get_window_extent().width / panel.figure.dpi  # letters of the usual size
    panel.set_title(
        text,
        fontsize=8.5 * min(1.0, room / len(text)),
        color=GREY if is_right else _WRONG,
        fontweight="normal" if is_right else "bold",
        pad=3,
    )
    for spine in panel.spines.values():
        spine.set(visible=True, color="#CCCCCC" if is_right else _WRONG, lw=0.8 if is_right else 2)
