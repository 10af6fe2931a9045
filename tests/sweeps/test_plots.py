import numpy as np
import pytest
import scipy.stats
from matplotlib.figure import Figure

from rnnjax.sweeps import read_sweep
from rnnjax.sweeps.report.learning import draw_learning
from rnnjax.sweeps.report.plots import draw_plots
from rnnjax.sweeps.report.settings import draw_heat_map, draw_parallel
from tests.sweeps.made import Made, falling, write_sweep


def made(result, status="finished", **settings):
    return Made({k: str(v) for k, v in settings.items()}, status, ((0, 1.0), (10, result)))


def drawn(draw, folder, points, *arguments, **about):
    """The caption and the panel that a sweep of these points gets."""
    figure = Figure()
    caption = draw(figure, read_sweep(write_sweep(folder, points, **about)), *arguments)
    return caption, figure


def labels(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_a_group_is_a_mean_with_its_interval(tmp_path):
    points = [made(r, cell="LSTM", seed=s) for s, r in enumerate([1.0, 2.0, 4.0])]
    points += [made(0.5, cell="GRU", seed=0), made(9.0, "diverged", cell="LSTM", seed=3)]
    caption, figure = drawn(draw_learning, tmp_path, points)
    panel = figure.axes[0]
    assert labels(figure) == ["cell=GRU", "cell=LSTM"]
    assert [line.get_xydata().tolist() for line in panel.lines] == [
        [[0, 1], [10, 0.5]],
        [[0, 1], [10, pytest.approx(7 / 3)]],
    ]
    heights = panel.collections[1].get_paths()[0].vertices[:, 1]
    low, high = scipy.stats.ttest_1samp([1.0, 2.0, 4.0], 0).confidence_interval(0.95)
    assert (heights.min(), heights.max()) == pytest.approx((low, high))
    assert caption == (
        "Mean over seeds with its 95 % confidence interval. "
        "Seeds that diverged or failed count only where there is no other."
    )


def test_the_best_groups_are_coloured_and_the_others_grey(tmp_path):
    points = [made(r, a=r) for r in (5, 3, 8, 1, 7, 2, 6, 4)]
    caption, figure = drawn(draw_learning, tmp_path, points)
    assert labels(figure) == [f"a={n}" for n in range(1, 7)]
    greys = [line for line in figure.axes[0].lines if line.get_color() == "#BBBBBB"]
    assert [line.get_ydata()[-1] for line in greys] == [7, 8]
    assert caption == "In colour the best 6 of 8, the others thin and grey."


def test_a_sweep_without_results_has_learning_curves_all_the_same(tmp_path):
    points = [Made({"a": str(n)}, "running", falling(0.1)[:4]) for n in range(8)]
    caption, figure = drawn(draw_learning, tmp_path, points)
    assert len(labels(figure)) == 6
    assert caption == "In colour 6 of 8, the others thin and grey."
    assert drawn(draw_learning, tmp_path / "b", [Made({"a": "1"}, "running")])[0] is None


def test_a_loss_over_decades_is_drawn_by_its_logarithm_and_a_band_below_zero_stays_out(tmp_path):
    points = [made(r, seed=s) for s, r in enumerate([0.001, 0.001, 0.1])]
    panel = drawn(draw_learning, tmp_path, points)[1].axes[0]
    assert panel.get_yscale() == "log"
    assert panel.get_ylim() == pytest.approx((0.034 / 1.5, 1.5))


def test_parallel_lines_lead_from_settings_to_results(tmp_path):
    rates, losses = ("1e-4", "1e-3", "1e-2"), (1.0, 0.01, 0.1)
    points = [made(loss, lr=rate, seed=0) for rate, loss in zip(rates, losses, strict=True)]
    points += [made(9.0, "diverged", lr="1e-1", seed=0), made(9.0, "running", lr="1", seed=0)]
    caption, figure = drawn(draw_parallel, tmp_path, points)
    panel = figure.axes[0]
    lines = [line.get_ydata() for line in panel.lines[:4]]  # before the rulers, best last
    spread = [0.03, 0.01, -0.01, -0.03]
    places = [(1, 1.18), (0, 1), (2 / 3, 0.5), (1 / 3, 0)]
    expected = [(p + s, end) for (p, end), s in zip(places, spread, strict=True)]
    np.testing.assert_allclose(lines, expected, atol=1e-12)
    assert [text.get_text() for text in panel.get_xticklabels()] == ["lr", "loss"]
    assert "diverged" in [text.get_text() for text in panel.texts]
    assert caption.startswith("A line is a finished point, 3 in all")
    assert caption.endswith("Dashed: 1 that diverged.")


def test_the_best_is_dark_whichever_way_better_is(tmp_path):
    for higher in (False, True):
        points = [made(0.2, a=0), made(0.8, a=1)]
        folder = tmp_path / str(higher)
        panel = drawn(draw_parallel, folder, points, higher_is_better=higher)[1].axes[0]
        worst, best = (line.get_color() for line in panel.lines[:2])
        assert sum(best[:3]) < sum(worst[:3])


def test_a_heat_map_has_means_over_all_else(tmp_path):
    points = [
        made(10 * a + b + seed, a=a, b=b, seed=seed)
        for a in (1, 2)
        for b in (4, 5, 6)
        for seed in (0, 1)
    ]
    points += [made(None, "diverged", a=3, b=4, seed=0)]
    caption, figure = drawn(draw_heat_map, tmp_path, points, ["b", "a"])
    panel = figure.axes[0]
    shown = [text.get_text() for text in panel.texts]
    assert shown == ["14.5", "15.5", "16.5", "24.5", "25.5", "26.5"]
    assert [text.get_text() for text in panel.get_xticklabels()] == ["4", "5", "6"]
    assert [text.get_text() for text in panel.get_yticklabels()] == ["1", "2"]
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("b", "a")
    assert caption.startswith("Mean over seeds")


def test_a_heat_map_leaves_cells_without_points_empty(tmp_path):
    points = [made(1.0, a=1, b=1), made(2.0, a=2, b=2), made(3.0, a=2, b=1)]
    panel = drawn(draw_heat_map, tmp_path, points, ["a", "b"])[1].axes[0]
    pixels = panel.images[0].get_array()
    assert pixels[1, 0, 3] == 0  # a=1, b=2: clear
    assert [text.get_text() for text in panel.texts] == ["1", "3", "2"]


@pytest.mark.parametrize(
    ("points", "names"),
    [
        ([], []),
        ([made(0.5, a=1)], ["curves"]),
        ([made(0.5, seed=s) for s in range(3)], ["curves"]),
        ([made(r, a=r) for r in range(3)], ["curves", "parallel"]),
        ([made(9.0, "diverged", a=a, b=b) for a in range(3) for b in range(2)], ["curves"]),
        (
            [made(1 + a * b, a=a, b=b) for a in range(3) for b in range(2)],
            ["curves", "parallel", "importance", "heat_map"],
        ),
        (
            [made(None if a else 0.5, a=a, b="Stack((LSTM(8), GRU(8)))") for a in range(3)],
            ["curves", "parallel"],
        ),
    ],
)
def test_a_sweep_gets_the_figures_that_it_has_points_for(tmp_path, points, names):
    write_sweep(tmp_path, points)
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots" / "heat_map.png").write_bytes(b"of an earlier report")
    pictures = draw_plots(read_sweep(tmp_path))
    assert [picture.path.stem for picture in pictures] == names
    assert {path.stem for path in (tmp_path / "plots").iterdir()} == set(names)
    assert all(picture.path.read_bytes().startswith(b"\x89PNG") for picture in pictures)
