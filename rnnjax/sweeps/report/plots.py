"""The figures of a sweep, each with a sentence that says what it shows."""

import pathlib
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from rnnjax.runs.figures.style import COLOURS, GREY, save_figure, styled
from rnnjax.sweeps.records import Sweep
from rnnjax.sweeps.report.grids import draw_heat_map, draw_parallel, is_grid
from rnnjax.sweeps.report.importance import importances
from rnnjax.sweeps.report.labels import name_result, name_run
from rnnjax.sweeps.report.learning import draw_learning
from rnnjax.sweeps.report.slices import draw_slices

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Picture(NamedTuple):
    """A figure as it was saved."""

    path: pathlib.Path
    title: str
    caption: str


def draw_plots(sweep: Sweep) -> list[Picture]:
    """Draws what there is to see of a sweep into its folder `plots`, each as PNG and as PDF.

    A grid gets parallel coordinates and a heat map, see `is_grid`; any other sweep gets slices.

    Args:
        sweep: the sweep. Where it has too little for a figure there is none, nor an old one.

    Returns:
        The pictures, in the order of a report.
    """
    shares, result = importances(sweep), name_result(sweep)
    drawings: dict[str, tuple[str, Callable[[Figure], str | None]]] = {
        "curves": (f"learning curves, {result}", lambda f: draw_learning(f, sweep)),
        "slices": (
            f"{result} against each setting",
            lambda f: None if is_grid(sweep) else draw_slices(f, sweep),
        ),
        "parallel": (f"settings and {result}", lambda f: draw_parallel(f, sweep)),
        "importance": (
            "importance of the settings",
            lambda f: _draw_importance(f, shares, len(sweep.finished())),
        ),
        "heat_map": (
            f"{result} by the two most important settings",
            lambda f: draw_heat_map(f, sweep, list(shares)[:2]),
        ),
    }
    folder = sweep.folder / "plots"
    folder.mkdir(exist_ok=True)
    pictures = [
        _draw(folder / f"{name}.png", f"{name_run(sweep)}: {title}", draw)
        for name, (title, draw) in drawings.items()
    ]
    return [picture for picture in pictures if picture is not None]


def _draw(path: pathlib.Path, title: str, draw: "Callable[[Figure], str | None]") -> Picture | None:
    """Draws and saves a figure; where there is nothing to draw, takes an old one away."""
    with styled() as Figure:
        figure = Figure(figsize=(9.6, 4.6), dpi=150, layout="constrained")
        caption = draw(figure)
        if caption is None:
            for old in (path, path.with_suffix(".pdf")):
                old.unlink(missing_ok=True)
            return None
        width = figure.get_size_inches()[0]
        figure.suptitle(textwrap.fill(title, int(9 * width)), fontsize=12, fontweight="bold")
        text = textwrap.fill(caption, int(13 * width))
        figure.supxlabel(text, x=0.01, ha="left", fontsize=8.5, color=GREY)
        return Picture(save_figure(figure, path), title, caption)


def _draw_importance(figure: "Figure", shares: dict[str, float], points: int) -> str | None:
    """Draws a bar a setting."""
    if not shares:
        return None
    figure.set_size_inches(9.6, 1.9 + 0.4 * len(shares))
    panel = figure.subplots()
    bars = panel.barh(list(shares), list(shares.values()), height=0.6, color=COLOURS[0])
    panel.bar_label(bars, fmt="%.2f", padding=4, color=GREY)
    panel.invert_yaxis()
    panel.grid(visible=False, axis="y")
    panel.set(xlabel="share of the variance explained", xlim=(0, 1.05 * max(shares.values())))
    return (
        "What each setting explains by itself, of the variance that settings explain by "
        f"themselves (fANOVA), from {points} finished points. Seeds are noise; a loss over "
        "decades and settings on logarithmic scales count by their logarithms."
    )
