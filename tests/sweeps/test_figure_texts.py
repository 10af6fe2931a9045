"""No figure of a report has a text that lies on another one, or that leaves it."""

import itertools
import math

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from rnnjax.sweeps.records import read_sweep
from rnnjax.sweeps.report import plots
from tests.sweeps.made import Made, falling, write_sweep


def made(result, status="finished", **settings):
    return Made({k: str(v) for k, v in settings.items()}, status, ((0, result), (10, result)))


RANDOM = np.random.default_rng(0).uniform(size=(20, 3))
GRID = {"curves", "parallel", "importance", "heat_map"}
SWEEPS = {
    "nothing": ([], set()),
    "one point": ([made(0.5, a=1)], {"curves"}),
    "one point's seeds": ([made(0.5, seed=s) for s in range(3)], {"curves"}),
    "one setting": ([made(r, a=r) for r in range(3)], {"curves", "slices"}),
    "all diverged": (
        [made(9.0, "diverged", a=a, b=b) for a in range(3) for b in range(2)],
        {"curves"},
    ),
    "all diverged at once": ([Made({"a": str(a)}, "diverged", ((0, None),)) for a in "12"], set()),
    "a grid": (
        [
            Made({"a": str(a), "cell": f"Stack((LSTM({b}), GRU({b}, bias=0)))", "seed": str(s)},
                 curve=falling(0.02 + a * b / 1e3 + s / 1e4))
            for a in range(2) for b in (8, 16, 32) for s in range(4)
        ],
        GRID,
    ),
    "a grid of names": (
        [made(1 + n + 8 * m, cell=f"CellOfName{n}(hidden=128)", hidden=2**m)
         for n in range(8) for m in range(8)],
        GRID,
    ),
    "half a grid": ([made(1 + a * b, a=a, b=b) for a in range(4) for b in range(a + 1)], GRID),
    "few at random": (
        [made(a + b, rate=10**-a, cell=("Stack((LSTM(8), GRU(8)))", "GRU(8)")[int(2 * b)], p=p)
         for a, b, p in RANDOM[:12].tolist()],
        {"curves", "slices", "importance"},
    ),
    "many settings": (
        [Made({f"a_long_setting_{i}": str(round(x * 10 ** i)) for i, x in enumerate([*row, *row])}
         | {"cell": f"Stack((LSTM({int(8 * row[0])}), GRU(8, reset_after=True)))"},
         curve=((0, 1.0), (10, 10.0 ** (-5 * row[0])))) for row in RANDOM.tolist()],
        {"curves", "slices", "importance"},
    ),
    "a result that is not finite": (
        [made(None if a else 0.5, a=a, b="Stack((LSTM(8), GRU(8)))") for a in range(3)],
        {"curves", "slices"},
    ),
}  # fmt: skip


def unseen(figure):
    """The labels of ticks beyond an axis' ends, which matplotlib has and does not draw."""
    for panel in figure.axes:
        for axis in (panel.xaxis, panel.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not panel.axison or not low <= tick.get_loc() <= high:
                    yield from (tick.label1, tick.label2)


def boxes(figure):
    """The texts of a figure and where they stand, in pixels; slanted ones with their slant."""
    out = set(unseen(figure))
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and text not in out:
            slant, box = text.get_rotation(), text.get_window_extent()
            if slant not in (0, 90):
                text.set_rotation(0)
                level = text.get_window_extent()
                text.set_rotation(slant)
                yield text, box, slant, level.height
            else:
                yield text, box, 0, 0


def overlapping(figure):
    """The pairs of texts that lie on each other, and those that leave the figure."""
    found = []
    for (a, box, slant, height), (b, other, slant_b, _) in itertools.combinations(boxes(figure), 2):
        # Slanted ones lie beside each other seen along their lines.
        apart = abs(box.x1 - other.x1) * math.sin(math.radians(slant)) > 0.8 * height
        if box.padded(-1).overlaps(other) and not (slant and slant == slant_b and apart):
            found.append((a.get_text(), b.get_text()))
    edges = figure.bbox.padded(1)
    outside = [
        t.get_text()
        for t, box, _, _ in boxes(figure)
        if box.x0 < edges.x0 or box.y0 < edges.y0 or box.x1 > edges.x1 or box.y1 > edges.y1
    ]
    return found, outside


@pytest.mark.parametrize("name", SWEEPS)
def test_a_sweep_gets_the_figures_it_has_points_for_and_no_text_lies_on_another(
    tmp_path, monkeypatch, name
):
    points, names = SWEEPS[name]
    write_sweep(tmp_path, points, config={"task": "Adding(length=100)"})
    faults = {}

    def look(figure, path):
        figure.draw_without_rendering()
        faults[path.stem] = overlapping(figure)
        return path

    monkeypatch.setattr(plots, "save_figure", look)
    pictures = plots.draw_plots(read_sweep(tmp_path))
    assert faults == dict.fromkeys(names, ([], []))
    assert {picture.path.stem for picture in pictures} == names
    assert all(picture.title.startswith("adding (") for picture in pictures)


def test_texts_that_lie_on_each_other_are_found():
    figure = Figure(figsize=(4, 4))
    for place, text in [((0.5, 0.5), "one"), ((0.51, 0.51), "other"), ((0.99, 0.1), "outside")]:
        figure.text(*place, text)
    panel = figure.subplots()
    panel.set_xticks([0, 0.01, 0.5], ["one", "near", "far"], rotation=50, ha="right")
    figure.draw_without_rendering()
    pairs, outside = overlapping(figure)
    assert pairs == [("one", "near"), ("one", "other")]
    assert outside == ["outside"]
