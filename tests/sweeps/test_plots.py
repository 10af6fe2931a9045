import numpy as np
import pytest
import scipy.stats
from matplotlib.figure import Figure

from rnnjax.sweeps.records import read_sweep
from rnnjax.sweeps.report.grids import draw_heat_map, draw_parallel
from rnnjax.sweeps.report.learning import draw_learning
from rnnjax.sweeps.report.plots import draw_plots
from rnnjax.sweeps.report.slices import draw_slices
from tests.sweeps.made import Made, falling, write_sweep


def made(result, status="finished", start=None, **settings):
    start = result if start is None else start
    return Made({k: str(v) for k, v in settings.items()}, status, ((0, start), (10, result)))


def drawn(draw, folder, points, *arguments, **about):
    """The caption and the figure that a sweep of these points gets."""
    figure = Figure()
    caption = draw(figure, read_sweep(write_sweep(folder, points, **about)), *arguments)
    return caption, figure


def labels(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_a_group_is_a_mean_with_its_interval(tmp_path):
    points = [made(r, start=5.0, cell="LSTM", seed=s) for s, r in enumerate([1.0, 2.0, 4.0])]
    points += [made(0.6, start=5.0, cell="GRU", seed=0), made(9.0, "diverged", cell="LSTM", seed=3)]
    caption, figure = drawn(draw_learning, tmp_path, points)
    panel = figure.axes[0]
    assert labels(figure) == ["cell=GRU", "cell=LSTM"]
    assert [line.get_xydata().tolist() for line in panel.lines] == [
        [[0, 5], [10, 0.6]],
        [[0, 5], [10, pytest.approx(7 / 3)]],
    ]
    heights = panel.collections[1].get_paths()[0].vertices[:, 1]
    low, high = scipy.stats.ttest_1samp([1.0, 2.0, 4.0], 0).confidence_interval(0.95)
    assert (heights.min(), heights.max()) == pytest.approx((low, high))
    assert panel.get_ylabel() == "validation loss"
    assert caption == (
        "Mean over seeds with its 95 % confidence interval. "
        "Seeds that diverged or failed count only where there is no other."
    )


def test_a_loss_over_decades_has_geometric_means_and_bands(tmp_path):
    values = [0.001, 0.01, 0.1]
    points = [made(r, start=1.0, seed=s) for s, r in enumerate(values)]
    caption, figure = drawn(draw_learning, tmp_path / "loss", points)
    panel = figure.axes[0]
    assert panel.lines[0].get_ydata().tolist() == pytest.approx([1, 0.01])
    heights = panel.collections[0].get_paths()[0].vertices[:, 1]
    ends = scipy.stats.ttest_1samp(np.log(values), 0).confidence_interval(0.95)
    assert (heights.min(), heights.max()) == pytest.approx(tuple(np.exp(ends)))
    assert panel.get_yscale() == "log"
    assert panel.get_ylim() == pytest.approx((10**-3.18, 10**0.18))  # not those of the band
    assert caption.startswith("Geometric mean over seeds")
    caption, figure = drawn(draw_learning, tmp_path / "gain", points, higher_is_better=True)
    assert figure.axes[0].lines[0].get_ydata().tolist() == pytest.approx([1, 0.037])
    assert caption.startswith("Mean over seeds")


def test_the_best_groups_are_coloured_and_the_others_grey(tmp_path):
    points = [made(r, a=r) for r in (5, 3, 8, 1, 7, 2, 6, 4)]
    caption, figure = drawn(draw_learning, tmp_path, points)
    assert labels(figure) == [f"a={n}" for n in range(1, 7)]
    greys = [line for line in figure.axes[0].lines if line.get_color() == "#BBBBBB"]
    assert [line.get_ydata()[-1] for line in greys] == [7, 8]
    assert caption == "In colour the best 6 of 8, the others thin and grey."


def test_long_labels_get_a_place_of_their_own_below(tmp_path):
    points = [made(n + 1, cell=f"Stack((LSTM({n}), GRU(128), Elman(64)))") for n in range(3)]
    below = drawn(draw_learning, tmp_path, points)[1].axes[1]
    assert [text.get_text()[5:18] for text in below.get_legend().get_texts()] == [
        f"Stack((LSTM({n}" for n in range(3)
    ]


def test_a_sweep_without_results_has_learning_curves_all_the_same(tmp_path):
    points = [Made({"a": str(n)}, "running", falling(0.1)[:4]) for n in range(8)]
    caption, figure = drawn(draw_learning, tmp_path, points)
    assert len(labels(figure)) == 6
    assert caption == "In colour 6 of 8, the others thin and grey."
    for n, curve in enumerate([(), ((0, None),)]):
        points = [Made({"a": "1"}, "diverged", curve)]
        assert drawn(draw_learning, tmp_path / str(n), points)[0] is None


def dots(panel):
    """Where a panel has the means of all groups but the best, and of the best; and crosses."""
    seeds, means, best_seeds, best, crosses = (c.get_offsets().data for c in panel.collections)
    return means, best, crosses, len(seeds) + len(best_seeds)


def test_slices_show_each_result_at_each_setting(tmp_path):
    results = {(1e-3, "b"): 0.3, (1e-2, "a"): 0.2, (1e-1, "b"): 0.5}
    points = [made(r, rate=rate, cell=cell) for (rate, cell), r in results.items()]
    points += [made(9.0, "diverged", rate=1, cell="a")]
    text = "rate=log(1e-3,1);cell=choice(a,b)"
    caption, figure = drawn(draw_slices, tmp_path, points, text=text)
    rate, cell = figure.axes
    means, best, crosses, seeds = dots(rate)
    assert (rate.get_xscale(), rate.get_xlabel(), cell.get_xlabel()) == ("log", "rate", "cell")
    assert means.tolist() == [[1e-3, 0.3], [1e-1, 0.5]]
    assert (best.tolist(), seeds) == ([[1e-2, 0.2]], 0)
    assert crosses[:, 0].tolist() == [1]
    means, best, crosses, _ = dots(cell)
    assert [text.get_text() for text in cell.get_xticklabels()] == ["a", "b"]
    assert (best.tolist(), crosses[:, 0].tolist()) == ([[0, 0.2]], [0])
    assert means[:, 1].tolist() == [0.3, 0.5]
    assert np.abs(means[:, 0] - 1).max() < 0.5  # beside one another at b
    assert means[0, 0] != means[1, 0]
    low, high = rate.get_ylim()
    assert low < 0.2 < 0.5 < low + 0.9 * (high - low)  # crosses lie above the dots
    assert caption == "3 finished points; the best in red. Crosses at the edge: 1 that diverged."


def test_slices_show_seeds_and_their_means(tmp_path):
    points = [made(r * 10**s, a=r, seed=s) for r in (0.1, 1) for s in (0, 2)]
    caption, figure = drawn(draw_slices, tmp_path, points, text="a=uniform(0,1)")
    means, best, _, seeds = dots(figure.axes[0])
    np.testing.assert_allclose([*means, *best], [[1, 10], [0.1, 1]], rtol=1e-12)
    assert (seeds, figure.axes[0].get_yscale()) == (4, "log")
    assert caption.endswith("Small dots are seeds, large ones their geometric means.")


def test_parallel_lines_lead_from_settings_to_results(tmp_path):
    losses = {("a", "x"): 1.0, ("b", "x"): 0.01, ("b", "y"): 0.1}
    points = [made(loss, p=p, q=q, seed=0) for (p, q), loss in losses.items()]
    points += [made(9.0, "diverged", p="a", q="y", seed=0)]
    points += [made(9.0, "running", p="c", q="z", seed=0)]
    caption, figure = drawn(draw_parallel, tmp_path, points)
    panel = figure.axes[0]
    lines = [line.get_ydata() for line in panel.lines[:4]]  # before the rulers, best last
    spread = [0.03, 0.01, -0.01, -0.03]
    places = [(0, 1, 1.18), (0, 0, 1), (1, 1, 0.5), (1, 0, 0)]
    expected = [(p + s, q + s, end) for (p, q, end), s in zip(places, spread, strict=True)]
    np.testing.assert_allclose(lines, expected, atol=1e-12)
    texts = [text.get_text() for text in panel.get_xticklabels()]
    assert texts == ["p", "q", "validation loss"]
    assert "diverged" in [text.get_text() for text in panel.texts]
    assert caption.startswith("A line is a finished point, 3 in all")
    assert caption.endswith("Dashed: 1 that diverged.")


def test_the_best_is_dark_whichever_way_better_is(tmp_path):
    for higher in (False, True):
        points = [made(0.2 + 0.6 * (a == b), a=a, b=b) for a in (0, 1) for b in (0, 1)]
        folder = tmp_path / str(higher)
        panel = drawn(draw_parallel, folder, points, higher_is_better=higher)[1].axes[0]
        worst, best = (panel.lines[i].get_color() for i in (0, 3))
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


def test_a_heat_map_of_losses_over_decades_has_geometric_means(tmp_path):
    points = [
        made(10.0 ** (a - s), a=a, b=b, seed=s) for a in (1, 2) for b in (0, 1) for s in (0, 2)
    ]
    caption, figure = drawn(draw_heat_map, tmp_path, points, ["a", "b"])
    assert [text.get_text() for text in figure.axes[0].texts] == ["1", "10", "1", "10"]
    assert caption.startswith("Geometric mean")


def test_a_heat_map_leaves_cells_without_points_empty(tmp_path):
    points = [made(1.0, a=1, b=1), made(2.0, a=2, b=2), made(3.0, a=2, b=1)]
    panel = drawn(draw_heat_map, tmp_path, points, ["a", "b"])[1].axes[0]
    pixels = panel.images[0].get_array()
    assert pixels[1, 0, 3] == 0  # a=1, b=2: clear
    assert [text.get_text() for text in panel.texts] == ["1", "3", "2"]


def test_pictures_are_saved_as_png_and_pdf_and_old_ones_go(tmp_path):
    write_sweep(tmp_path, [made(0.5, a=1)])
    (tmp_path / "plots").mkdir()
    for kind in ("png", "pdf"):
        (tmp_path / "plots" / f"heat_map.{kind}").write_bytes(b"of an earlier report")
    (picture,) = draw_plots(read_sweep(tmp_path))
    assert picture.title == "adding: learning curves, validation loss"
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {"curves.png", "curves.pdf"}
    assert picture.path.read_bytes().startswith(b"\x89PNG")
    assert picture.path.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
