"""The figures of a sweep, each with a sentence that says what it shows."""

import pathlib
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from rnnjax.sweeps.records import Sweep
from rnnjax.sweeps.report.importance import importances
from rnnjax.sweeps.report.learning import draw_learning
from rnnjax.sweeps.report.settings import draw_heat_map, draw_parallel
from rnnjax.training.curves import COLOURS, GREY, STYLE, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Picture(NamedTuple):
    """A figure as it was saved."""

    path: pathlib.Path
    title: str
    caption: str


def draw_plots(sweep: Sweep) -> list[Picture]:
    """Draws what there is to see of a sweep into its folder `plots`.

    Args:
        sweep: the sweep. Where it has too little for a figure there is none, nor an old one.

    Returns:
        The pictures, in the order of a report.
    """
    import matplotlib
    from matplotlib.figure import Figure

    shares = importances(sweep)
    metric = sweep.metric.replace("_", " ")
    drawings: dict[str, tuple[str, Callable[[Figure], str | None]]] = {
        "curves": (f"Learning curves, test {metric}", lambda f: draw_learning(f, sweep)),
        "parallel": (f"Settings and final {metric}", lambda f: draw_parallel(f, sweep)),
        "importance": ("Importance of the settings", lambda f: _draw_importance(f, shares)),
        "heat_map": (
            f"Final {metric} by the two most important settings",
            lambda f: draw_heat_map(f, sweep, list(shares)[:2]),
        ),
    }
    folder = sweep.folder / "plots"
    folder.mkdir(exist_ok=True)
    pictures = []
    for name, (title, draw) in drawings.items():
        path = folder / f"{name}.png"
        with matplotlib.rc_context(STYLE):
            figure = Figure(figsize=(9.6, 4.6), dpi=150, layout="constrained")
            caption = draw(figure)
            if caption is None:
                path.unlink(missing_ok=True)
                continue
            figure.suptitle(title, fontsize=12, fontweight="bold")
            small = {"fontsize": 8.5, "color": GREY, "loc": "left", "pad": 12}
            figure.axes[0].set_title(textwrap.fill(caption, 125), **small)
            pictures.append(Picture(save_figure(figure, path), title, caption))
    return pictures


def _draw_importance(figure: "Figure", shares: dict[str, float]) -> str | None:
    """Draws a bar a setting."""
    if not shares:
        return None
    figure.set_size_inches(9.6, 1.6 + 0.4 * len(shares))
    panel = figure.subplots()
    bars = panel.barh(list(shares), list(shares.values()), height=0.6, color=COLOURS[0])
    panel.bar_label(bars, fmt="%.2f", padding=4, color=GREY)
    panel.invert_yaxis()
    panel.grid(visible=False, axis="y")
    panel.set(xlabel="share of the variance explained", xlim=(0, 1.05 * max(shares.values())))
    return (
        "What each setting explains by itself, of the variance that settings explain by "
        "themselves (fANOVA). Finished points only, seeds as noise, a loss over decades by its "
        "logarithm."
    )
