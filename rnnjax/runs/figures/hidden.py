"""What the units of a network do over one sequence."""

import math
import os
import pathlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np
import numpy.typing as npt

from rnnjax.runs.figures.style import COLOURS, GREY, save_figure, set_title, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_COLUMNS = 1000  # of a heat map: more than its pixels
_MOST_ROWS = 256
_FEW = 4  # as many features are drawn as lines, more as a heat map
_MOST_WRITTEN = 130  # steps: beyond, symbols are narrower than a letter
_TALLEST = 24.0  # inches of all heat maps together, unless they are very many


class _Panel(NamedTuple):
    """A row of the figure."""

    title: str
    height: float  # inches
    draw: Callable[["Axes"], None]


def draw_hidden(
    path: str | os.PathLike[str],
    states: Any,
    *,
    title: str,
    inputs: npt.ArrayLike | None = None,
    outputs: npt.ArrayLike | None = None,
    targets: npt.ArrayLike | None = None,
    symbols: Sequence[str] | None = None,
) -> pathlib.Path:
    """Draws the states over one sequence: a heat map of units against time for each.

    Blue is below zero, red above it, each heat map on its own scale; grey is not finite. Of more
    than 256 units as many are drawn, evenly spaced; of more than 1,000 steps means over several.
    Of complex states the real part is shown. Inputs, outputs and targets of up to four features are
    lines, of more heat maps, in greys where none is below zero.

    Args:
        path: of the PNG; a PDF is written beside it.
        states: as `models.observe` returns them: a tuple, one entry a layer, of pytrees of arrays
            `[T, ...]`, one sequence without a batch axis.
        title: above the figure.
        inputs: `[T, D]` or `[T]`, drawn above the states.
        outputs: `[T, K]` or `[T]`, drawn below them.
        targets: `[T, K]` or `[T]`, drawn with the outputs; NaN where they do not count.
        symbols: what each input stands for, written above the states in place of the inputs; of
            more than 130 the numbers are drawn as points.

    Returns:
        The path of the PNG.

    Raises:
        ValueError: if there are no states, or they differ in T from each other or what else is
            drawn.

    Example:
        >>> import tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> states = np.sin(np.arange(20.0)[:, None] / [2.0, 4.0, 8.0])
        >>> draw_hidden(folder / "hidden.png", (states,), title="three oscillators").name
        'hidden.png'
    """
    maps = _named_states(states)
    signals = {"inputs": inputs, "outputs": outputs, "targets": targets}
    given = {name: _features(x) for name, x in signals.items() if x is not None}
    _check_steps({**maps, **given})
    panels = _signals(given, ("inputs",))
    if symbols is not None:
        panels = [_written(symbols, given["inputs"])]
    panels += _shrunk([_heat_map(name, values) for name, values in maps.items()])
    panels += _signals(given, ("outputs", "targets"))
    with styled({"axes.grid": False}) as Figure:
        figure = Figure(dpi=160)
        _draw_panels(figure, title, panels, len(next(iter(maps.values()))))
        return save_figure(figure, path)


def _named_states(states: Any) -> dict[str, np.ndarray]:
    """Returns every array of the states as `[T, units]`, by layer and field: "layer 1, h"."""
    found = {}
    for path, leaf in jax.tree.leaves_with_path(states):
        layer, names = _place(path)
        values = np.asarray(leaf)
        if 0 in values.shape[1:]:
            continue
        if values.ndim == 0:
            raise ValueError("states over time are [T, ...]; one of them is a number")
        label = ", ".join(part for part in (layer, " ".join(names)) if part) or "state"
        if np.iscomplexobj(values):
            label, values = f"{label}, real part", np.real(values)
        found[label] = _features(values)
    if not found:
        raise ValueError("there are no states to draw")
    return found


def _place(path: Sequence[Any]) -> tuple[str, list[str]]:
    """Returns the layer, "" if there are none, and the names below it of a leaf of the states."""
    names = [str(getattr(k, "name", getattr(k, "key", getattr(k, "idx", k)))) for k in path]
    if path and isinstance(path[0], jax.tree_util.SequenceKey):
        return f"layer {path[0].idx + 1}", names[1:]
    return "", names


def _features(values: npt.ArrayLike) -> np.ndarray:
    """Returns what is `[T, ...]` as `[T, D]`."""
    found = np.asarray(values, dtype=float)
    return found.reshape(len(found), math.prod(found.shape[1:]))


def _check_steps(arrays: dict[str, np.ndarray]) -> None:
    lengths = {name: len(values) for name, values in arrays.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"all must have the same number of steps, 1 or more; got {told}")


def _signals(given: dict[str, np.ndarray], names: Sequence[str]) -> list[_Panel]:
    """Draws few features as lines, all names in one panel, and many as a heat map each."""
    found = {name: given[name] for name in names if name in given}
    few = {name: values for name, values in found.items() if values.shape[1] <= _FEW}
    panels = [_heat_map(name, v) for name, v in found.items() if name not in few]
    if few:
        looks = {"targets": "dashed"}
        title = " and ".join(f"{name} ({looks[name]})" if name in looks else name for name in few)
        panels.append(_Panel(title, 1.1, lambda panel: _draw_lines(panel, few)))
    return panels


def _written(symbols: Sequence[str], numbers: np.ndarray) -> _Panel:
    """Returns a panel of what is read, a symbol a step, upright if all are short."""
    longest = max(map(len, symbols))

    def draw(panel: "Axes") -> None:
        panel.set_yticks([])
        panel.set_ylim(0, 1)
        size, turned = 8 if len(symbols) <= _MOST_WRITTEN // 2 else 5.5, 0 if longest <= 2 else 90
        how = {"ha": "center", "va": "center", "fontsize": size, "rotation": turned}
        for t, symbol in enumerate(symbols):
            panel.text(t, 0.5, symbol, parse_math=False, **how)

    def points(panel: "Axes") -> None:
        panel.plot(numbers, ls="", marker=".", ms=2, color=COLOURS[0])

    if len(symbols) > _MOST_WRITTEN:
        return _Panel("inputs: numbers of symbols", 1.1, points)
    return _Panel("inputs", 0.25 if longest <= 2 else 0.2 + 0.07 * longest, draw)


def _draw_lines(panel: "Axes", signals: dict[str, np.ndarray]) -> None:
    panel.grid(visible=True, axis="y")
    for name, values in signals.items():
        for colour, line in zip(COLOURS, values.T, strict=False):
            dashes = (0, (4, 2)) if name == "targets" else "-"
            color = GREY if name == "targets" and values.shape[1] == 1 else colour
            marker = "." if len(line) == 1 or np.isfinite(line).sum() == 1 else ""
            width = 1.2 if len(line) <= _MOST_COLUMNS else 0.6
            panel.plot(line, lw=width, ls=dashes, color=color, marker=marker)


def _heat_map(name: str, values: np.ndarray) -> _Panel:
    """Returns a panel of `values [T, units]`, the first unit at the top."""
    units = values.shape[1]
    rows = np.unique(np.linspace(0, units - 1, min(units, _MOST_ROWS)).astype(int))
    of = f"{len(rows)} of {units:,}" if len(rows) < units else f"{units:,}"
    is_signal = name in ("inputs", "outputs", "targets")
    title = f"{name}: {of} {'feature' if is_signal else 'unit'}{'s' * (units != 1)}"
    height = min(0.8 + 0.012 * len(rows), 3.2)
    finite = values[np.isfinite(values)]
    greys = is_signal and bool(len(finite)) and finite.min() >= 0
    most = _scale(np.abs(finite))

    def draw(panel: "Axes") -> None:
        image = panel.imshow(
            _pooled(values[:, rows]).T,
            aspect="auto",
            interpolation="nearest",
            cmap="Greys" if greys else "RdBu_r",
            vmin=0 if greys else -most,
            vmax=most,
            extent=(-0.5, len(values) - 0.5, units - 0.5, -0.5),
        )
        panel.set_facecolor("#F0E442" if greys else "#BBBBBB")  # what is not finite
        panel.set_yticks(np.unique(np.linspace(0, units - 1, 4).astype(int)))
        side = panel.inset_axes((1.01, 0, 0.012, 1))
        ticks = [0, most] if greys else [-most, 0, most]
        panel.figure.colorbar(image, cax=side, ticks=ticks, format="{x:.2g}")
        side.tick_params(labelsize=8)

    return _Panel(title, height, draw)


def _scale(sizes: np.ndarray) -> float:
    """Returns the size of the strongest colour, that few numbers exceed."""
    if not sizes.any():
        return 1.0
    return float(np.quantile(sizes, 0.995)) or float(sizes.max())


def _pooled(values: np.ndarray) -> np.ndarray:
    """Takes means over time, `[T, units]` to at most 1,000 columns."""
    edges = np.linspace(0, len(values), min(len(values), _MOST_COLUMNS) + 1).astype(int)
    return np.add.reduceat(values, edges[:-1], axis=0) / np.diff(edges)[:, None]


def _shrunk(panels: list[_Panel]) -> list[_Panel]:
    """Makes very many heat maps less tall, as far as they can still be read."""
    factor = min(1.0, _TALLEST / sum(panel.height for panel in panels))
    return [panel._replace(height=max(0.5, factor * panel.height)) for panel in panels]


def _draw_panels(figure: "Figure", title: str, panels: list[_Panel], steps: int) -> None:
    """Stacks the panels on one axis of time."""
    width, gap, below = 9.0, 0.36, 0.55  # inches
    figure.set_size_inches(width, 1)
    above = set_title(figure, title)
    height = above + below + sum(gap + panel.height for panel in panels)
    figure.set_size_inches(width, height)
    top = height - above
    for what in panels:
        top -= gap + what.height
        panel = figure.add_axes((0.6 / width, top / height, 1 - 1.3 / width, what.height / height))
        what.draw(panel)
        panel.set_title(what.title, loc="left", fontsize=9.5, color=GREY, pad=4)
        panel.set_xlim(-0.5, steps - 0.5)
        panel.locator_params(axis="x", nbins=9, integer=True, min_n_ticks=1)
        panel.xaxis.set_major_formatter("{x:,.0f}")
        panel.tick_params(labelsize=8.5, labelbottom=what is panels[-1])
    figure.axes[-1].set_xlabel("step")
