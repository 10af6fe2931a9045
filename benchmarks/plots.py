"""Plots of what was measured, with the allocator that was measured first."""

import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from benchmarks.measure import Timing
from benchmarks.results import Results
from benchmarks.summary import Table, ratio, spread, table
from benchmarks.work import Work
from rnnjax.runs.figures.style import COLOURS, GREY, STYLE, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Paul Tol's muted scheme for the others; rnnjax in black and greys.
_PEERS = {
    "rnnjax": "#000000",
    "rnnjax_one": "#777777",
    "rnnjax_scan": "#BBBBBB",
    "torch": "#CC6677",
    "flax": "#332288",
    "nnx": "#88CCEE",
    "haiku": "#117733",
    "equinox": "#999933",
    "keras": "#AA4499",
    "one_by_one": "#BBBBBB",
    "vmap": "#CC6677",
    "lax_map": "#332288",
    "cores": "#000000",
}
_MARKERS = "osD^vP"
_CURVES: dict[str, tuple[str, Callable[[Work], int]]] = {
    "length": ("T, steps", lambda work: work.steps),
    "batch": ("B, sequences", lambda work: work.batch),
    "width": ("H, units", lambda work: work.hidden),
}


def draw_all(folder: pathlib.Path, results: Results) -> list[pathlib.Path]:
    """Draws what there is to draw and returns the pictures' paths."""
    tables = {name: _first(table(s.timings)) for name, s in results.sections.items()}
    curves = {name: tables[name] for name in _CURVES if tables.get(name)}
    figures = {}
    with matplotlib.rc_context(STYLE):
        if tables.get("gradient"):
            figures["gradient"] = _ratios(tables["gradient"])
        if curves:
            figures["curves"] = _curves(curves)
        if "length" in curves:
            figures["memory"] = _memory(curves["length"])
        if tables.get("population"):
            figures["population"] = _population(tables["population"])
        return [save_figure(drawn, folder / f"{name}.png") for name, drawn in figures.items()]


def _first(rows: Table) -> Table:
    """Keeps the rows of the allocator that comes first, and of them what ran."""
    allocators = [allocator for _, allocator in rows]
    return {
        key: {name: timing for name, timing in row.items() if timing.seconds}
        for key, row in rows.items()
        if key[1] == allocators[0]
    }


def _ratios(rows: Table) -> Figure:
    """Draws the gradient's time in units of rnnjax's, a panel a cell and a marker a shape."""
    cells = list(dict.fromkeys(work.cell for work, _ in rows))
    shapes = list(dict.fromkeys(work.shape for work, _ in rows))
    peers = [p for p in _PEERS if p != "rnnjax" and any(p in row for row in rows.values())]
    size = (2.2 + 2.8 * len(cells), 1.3 + 0.34 * len(peers))
    figure = Figure(figsize=size, dpi=160, layout="constrained")
    panels = figure.subplots(1, len(cells), sharey=True, squeeze=False)[0]
    for panel, cell in zip(panels, cells, strict=True):
        panel.axvline(1, color="black", lw=1.2)
        panel.set_xscale("log")
        panel.set(title=cell, xlabel="time / time of rnnjax", yticks=range(len(peers)))
        panel.set_yticklabels(peers)
        for (work, _), row in rows.items():
            if work.cell == cell and "rnnjax" in row:
                index = shapes.index(work.shape)
                _mark(panel, row, peers, index, (index + 0.5) / len(shapes) - 0.5)
        _plain_ticks(panel)
    panels[0].invert_yaxis()
    handles = [
        Line2D([], [], ls="", marker=_MARKERS[i], color=COLOURS[i], label=shape)
        for i, shape in enumerate(shapes)
    ]
    figure.legend(handles=handles, title="T,B,I,H", loc="outside right center")
    figure.suptitle("Gradient: time beside that of rnnjax, median and quartiles over rounds")
    return figure


def _mark(
    panel: "Axes", row: dict[str, Timing], peers: list[str], index: int, shift: float
) -> None:
    """Marks every peer's ratio at one shape, with the quartiles over rounds."""
    places, ratios = [], []
    for place, peer in enumerate(peers):
        if peer in row:
            places.append(place + 0.7 * shift)
            ratios.append(ratio(row[peer], row["rnnjax"]))
    middles = [found.median for found in ratios]
    errors = [[r.median - r.low for r in ratios], [r.high - r.median for r in ratios]]
    panel.errorbar(
        middles, places, xerr=errors, fmt=_MARKERS[index], ms=5, lw=1, color=COLOURS[index]
    )


def _plain_ticks(panel: "Axes") -> None:
    """Writes the numbers of a logarithmic axis that spans little as numbers."""
    low, high = panel.get_xlim()
    low, high = min(low, 0.9), max(high, 2.2)
    ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 4, 10, 20, 50) if low <= t <= high]
    panel.set_xlim(low, high)
    panel.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    panel.xaxis.set_minor_formatter(NullFormatter())


def _curves(tables: dict[str, Table]) -> Figure:
    """Draws time against length, batch and width."""
    figure = Figure(figsize=(1 + 3.6 * len(tables), 3.9), dpi=160, layout="constrained")
    panels = figure.subplots(1, len(tables), squeeze=False)[0]
    for panel, (name, rows) in zip(panels, tables.items(), strict=True):
        label, value = _CURVES[name]
        _lines(panel, rows, value, lambda timing, _: 1e3 * spread(timing.seconds).median)
        first = next(iter(rows))[0]
        fixed = {"T": first.steps, "B": first.batch, "H": first.hidden}
        if name == "width":
            del fixed["H"]
        title = ", ".join(f"{k} = {v}" for k, v in fixed.items() if k != label[0])
        panel.set(xlabel=label, xscale="log", yscale="log", title=f"LSTM gradient, {title}")
    panels[0].set_ylabel("time, ms")
    _legend(figure, panels)
    return figure


def _memory(rows: Table) -> Figure:
    """Draws the peak of memory against length."""
    figure = Figure(figsize=(5.6, 4.1), dpi=160, layout="constrained")
    panel = figure.subplots()

    def peak(timing: Timing, _: dict[str, Timing]) -> float:
        return max(timing.facts["peak_bytes"] or 0, 1e5) / 1e6  # no less can be told apart

    _lines(panel, rows, lambda work: work.steps, peak)
    first = next(iter(rows))[0]
    title = f"LSTM gradient, B = {first.batch}, H = {first.hidden}"
    panel.set(xlabel="T, steps", ylabel="peak memory, MB", xscale="log", yscale="log", title=title)
    _legend(figure, [panel])
    return figure


def _population(rows: Table) -> Figure:
    """Draws throughput against the number of members."""
    figure = Figure(figsize=(5.6, 3.8), dpi=160, layout="constrained")
    panel = figure.subplots()

    def throughput(timing: Timing, row: dict[str, Timing]) -> float:
        return ratio(row["one_by_one"], timing).median

    rows = {key: row for key, row in rows.items() if "one_by_one" in row}
    _lines(panel, rows, lambda work: work.members, throughput)
    members = [work.members for work, _ in rows]
    panel.set_xscale("log", base=2)
    panel.set_xticks(members, [f"{m}" for m in members])
    panel.set(xlabel="E, members", ylabel="throughput / one by one", ylim=(0, None))
    panel.set_title(f"{rows and next(iter(rows))[0].cell} training steps")
    _legend(figure, [panel])
    return figure


def _lines(
    panel: "Axes",
    rows: Table,
    x: Callable[[Work], int],
    y: Callable[[Timing, dict[str, Timing]], float],
) -> None:
    """Draws a line a peer, rnnjax's on top."""
    for index, (peer, colour) in enumerate(_PEERS.items()):
        points = [(x(work), y(row[peer], row)) for (work, _), row in rows.items() if peer in row]
        if points:
            is_ours = colour == "#000000"
            style: dict[str, Any] = {"lw": 2.4 if is_ours else 1.3, "zorder": 4 if is_ours else 3}
            marker = _MARKERS[index % len(_MARKERS)]
            panel.plot(*zip(*points, strict=True), color=colour, marker=marker, ms=4, **style)
            panel.lines[-1].set_label(peer)


def _legend(figure: Figure, panels: Any) -> None:
    """Names each line once, beside the panels."""
    named = {line.get_label(): line for panel in panels for line in panel.lines}
    order = [peer for peer in _PEERS if peer in named]
    handles = [named[peer] for peer in order]
    figure.legend(handles, order, loc="outside right center", labelcolor=GREY)
