"""What a network answers: numbers, or a class at every step."""

import os
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rnnjax.runs.figures.style import COLOURS, GREY, save_figure, set_title, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_SEQUENCES = 4
_MOST_STEPS = 400
_MOST_POINTS = 2000
_MOST_NAMED = 20  # classes: beyond, colours are too close for a legend
_FEATURES = 4  # that are drawn of more
_MOST_WRITTEN = 64  # steps: beyond, a symbol has no room


def draw_series(
    path: str | os.PathLike[str],
    outputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    mask: npt.ArrayLike,
    *,
    title: str,
    inputs: npt.ArrayLike | None = None,
    symbols: Sequence[str] | None = None,
) -> pathlib.Path:
    """Draws outputs against targets where these count, in the way that the task asks for.

    - Numbers at many steps: lines over time, targets dashed, of up to four features.
    - A class at many steps: targets and outputs as colours over time, and errors; of symbols that
      can be written the first 64, the wrong ones in red.
    - Numbers once a sequence: a point each, the target to the right and the output upward.

    Over time the first four sequences are drawn, and the last 400 steps up to the last that
    counts.

    Args:
        path: of the PNG; a PDF is written beside it.
        outputs: `[T, N, K]`, or one a sequence, `[N, K]`; of classes their logits.
        targets: numbers, shaped as the outputs, or classes, whole numbers `[T, N]`.
        mask: boolean, True where the target counts, `[T, N]` or `[N]`.
        title: above the figure.
        inputs: symbols that were read, whole numbers `[T, N]`, negative where there is no step;
            drawn above classes over time.
        symbols: how each class is written.

    Returns:
        The path of the PNG.

    Raises:
        ValueError: if shapes do not fit, or there is one class a sequence, which is
            `draw_confusion`'s.

    Example:
        >>> import tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "samples.png"
        >>> waves = np.sin(np.arange(50.0)[:, None, None] / [[5.0], [9.0]])
        >>> counts = np.ones((50, 2), bool)
        >>> draw_series(path, waves + 0.1, waves, counts, title="two waves").name
        'samples.png'
    """
    given, wanted, counts = np.asarray(outputs), np.asarray(targets), np.asarray(mask)
    of_classes = wanted.ndim == given.ndim - 1
    _check(given, wanted, counts, of_classes)
    with styled() as Figure:
        figure = Figure(dpi=160, layout="constrained")
        if not of_classes and (counts.ndim == 1 or counts.sum(0).max(initial=0) <= 1):
            _draw_points(figure, given[counts], wanted[counts])
        elif of_classes and symbols is not None:
            _draw_symbols(figure, given.argmax(-1), wanted, counts, symbols)
        elif of_classes:
            read = None if inputs is None else np.asarray(inputs)
            _draw_classes(figure, given.argmax(-1), wanted, counts, given.shape[-1], read)
        else:
            _draw_lines(figure, given, wanted, counts)
        set_title(figure, title)
        return save_figure(figure, path)


def _check(given: np.ndarray, wanted: np.ndarray, counts: np.ndarray, of_classes: bool) -> None:
    told = f"got {given.shape}, {wanted.shape}, {counts.shape}"
    leading = wanted.shape if of_classes else wanted.shape[:-1]
    if not (given.ndim in (2, 3) and given.shape[:-1] == leading == counts.shape):
        raise ValueError(f"outputs, targets and mask must be [T, N, K] or [N, K] and fit; {told}")
    if of_classes and given.ndim == 2:
        raise ValueError(f"one class a sequence is for draw_confusion and draw_samples; {told}")
    if 0 in given.shape:
        raise ValueError(f"there is nothing to draw; {told}")


def _draw_points(figure: "Figure", given: np.ndarray, wanted: np.ndarray) -> None:
    """Draws `[points, K]`, a colour a feature, and where they would be equal."""
    figure.set_size_inches(5.2, 5.2)
    panel = figure.subplots()
    for colour, x, y in zip(COLOURS, wanted[:_MOST_POINTS].T, given[:_MOST_POINTS].T, strict=False):
        panel.plot(x, y, ".", ms=5, alpha=0.5, color=colour, mew=0)
    numbers = np.concatenate([given.ravel(), wanted.ravel()]).astype(float)
    numbers = numbers[np.isfinite(numbers)]
    if len(numbers):
        ends = (numbers.min(), numbers.max())
        panel.plot(ends, ends, ls=(0, (5, 3)), lw=1.2, color=GREY, zorder=1)
    panel.set(xlabel="target", ylabel="output", aspect="equal", adjustable="datalim")


def _draw_lines(
    figure: "Figure", given: np.ndarray, wanted: np.ndarray, counts: np.ndarray
) -> None:
    """Draws `[T, N, K]`, a panel a sequence."""
    panels, steps = _panels(figure, counts, height=1.5)
    features = given.shape[-1]
    for index, panel in enumerate(panels):
        for k, colour in zip(range(min(features, _FEATURES)), COLOURS, strict=False):
            there = counts[steps, index]
            y, target = (np.where(there, a[steps, index, k], np.nan) for a in (given, wanted))
            how: dict[str, Any] = {"marker": "o" if there.sum() <= 30 else "", "ms": 3}
            panel.plot(steps, y, lw=1.4, color=colour, **how)
            panel.plot(steps, target, lw=1.1, ls=(0, (4, 2)), color=GREY, zorder=3, **how)
    of = f", {_FEATURES} of {features} features" if features > _FEATURES else ""
    panels[0].set_title(f"outputs, and targets (dashed){of}", loc="left", fontsize=9.5, color=GREY)


def _draw_classes(
    figure: "Figure",
    given: np.ndarray,
    wanted: np.ndarray,
    counts: np.ndarray,
    classes: int,
    read: np.ndarray | None,
) -> None:
    """Draws classes `[T, N]` as colours, a panel a sequence, below what was read."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    panels, steps = _panels(figure, counts, height=1.0 if read is None else 1.25)
    palette = "tab10" if classes <= 10 else "tab20" if classes <= _MOST_NAMED else "turbo"
    numbers = np.arange(classes) if classes <= _MOST_NAMED else np.linspace(0, 1, classes)
    colours = ListedColormap(colormaps[palette](numbers))
    for index, panel in enumerate(panels):
        there = counts[steps, index]
        pair = np.where(there, [wanted[steps, index], given[steps, index]], np.nan)
        extent = (steps[0] - 0.5, steps[-1] + 0.5, 1.5, -0.5)
        look = {"cmap": colours, "vmin": -0.5, "vmax": classes - 0.5}
        panel.imshow(pair, aspect="auto", interpolation="nearest", extent=extent, **look)
        wrong = steps[there & (pair[0] != pair[1])]
        panel.plot(wrong, np.full(len(wrong), 2.0), "|", ms=8, mew=1.2, color="#CC3311")
        panel.set_yticks([0, 1, 2], ["target", "output", "error"])
        panel.set_ylim(2.5, -0.5)
        panel.grid(visible=False)
        if read is not None:
            _draw_read(panel, steps, read[steps, index], int(read.max()))
    if classes <= _MOST_NAMED:
        patches = [Patch(color=colours(k), label=f"{k}") for k in range(classes)]
        columns = min(classes, 10)
        figure.legend(handles=patches, loc="outside lower center", ncols=columns, title="class")


def _draw_read(panel: "Axes", steps: np.ndarray, read: np.ndarray, most: int) -> None:
    """Draws symbols `[T]` in greys above the target, with their numbers where there is room."""
    shades = np.where(read < 0, np.nan, read)[None]
    extent = (steps[0] - 0.5, steps[-1] + 0.5, -0.5, -1.5)
    panel.imshow(shades, aspect="auto", extent=extent, cmap="Greys", vmin=0, vmax=2 * max(most, 1))
    panel.set_yticks([-1, 0, 1, 2], ["input", "target", "output", "error"])
    panel.set_ylim(2.5, -1.5)
    if len(steps) <= _MOST_WRITTEN:
        for t, number in zip(steps, read, strict=True):
            if number >= 0:
                panel.text(t, -1, f"{number}", ha="center", va="center", fontsize=7)


def _draw_symbols(
    figure: "Figure",
    given: np.ndarray,
    wanted: np.ndarray,
    counts: np.ndarray,
    symbols: Sequence[str],
) -> None:
    """Writes the symbols that classes `[T, N]` stand for, a panel a sequence."""
    total, sequences = len(counts), min(counts.shape[1], _MOST_SEQUENCES)
    upright = max(map(len, symbols)) <= 2
    steps = np.arange(min(total, _MOST_WRITTEN if upright else _MOST_WRITTEN // 2))
    figure.set_size_inches(9, 1.2 + (0.75 if upright else 1.9) * sequences)
    panels = figure.subplots(sequences, 1, sharex=True, squeeze=False)[:, 0]
    for index, panel in enumerate(panels):
        for t in steps[counts[steps, index]]:
            for row, symbol in enumerate((wanted[t, index], given[t, index])):
                wrong = row == 1 and symbol != wanted[t, index]
                look = {"color": "#CC3311" if wrong else "black", "fontsize": 8}
                look |= {"rotation": 0 if upright else 90}
                text = symbols[symbol] if len(symbols[symbol]) <= 12 else f"{symbols[symbol][:11]}."
                panel.text(t, row, text, ha="center", va="center", parse_math=False, **look)
        panel.set(ylim=(1.5, -0.5), ylabel=f"stream {index}")
        panel.set_yticks([0, 1], ["target", "output"])
        panel.grid(visible=False)
    part = "" if len(steps) == total else f", of {total:,}"
    panels[-1].set(xlabel=f"step{part}", xlim=(-0.5, len(steps) - 0.5))
    panels[-1].locator_params(axis="x", nbins=9, integer=True, min_n_ticks=1)


def _panels(
    figure: "Figure", counts: np.ndarray, *, height: float
) -> tuple[list["Axes"], np.ndarray]:
    """Returns a panel for each sequence that is drawn, and the steps that are."""
    total, sequences = counts.shape[0], min(counts.shape[1], _MOST_SEQUENCES)
    counting = np.flatnonzero(counts[:, :sequences].any(1))
    end = counting[-1] + 1 if len(counting) else total
    steps = np.arange(max(0, end - _MOST_STEPS), end)
    figure.set_size_inches(9, 1.4 + height * sequences)
    panels = figure.subplots(sequences, 1, sharex=True, squeeze=False)[:, 0]
    for index, panel in enumerate(panels):
        panel.set_ylabel(f"sequence {index}", fontsize=9)
    part = "" if len(steps) == total else f", of {total:,}"
    panels[-1].set(xlabel=f"step{part}", xlim=(steps[0] - 0.5, steps[-1] + 0.5))
    panels[-1].locator_params(axis="x", nbins=9, integer=True, min_n_ticks=1)
    panels[-1].xaxis.set_major_formatter("{x:,.0f}")
    return list(panels), steps
