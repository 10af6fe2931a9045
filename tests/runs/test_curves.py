import json
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from rnnjax.runs.figures.curves import draw_curves


@pytest.fixture
def figures(monkeypatch):
    """The figures that are saved, to ask them what they show; nothing is rendered."""
    saved = []

    def keep(figure, to, **kwargs):
        if figure not in saved:
            saved.append(figure)

    monkeypatch.setattr(Figure, "savefig", keep)
    return saved


def record(folder, *records):
    (folder / "metrics.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))


def line(step, split="train", **metrics):
    return {"step": step, "split": split, **metrics}


def labels(legend):
    return [text.get_text() for text in legend.get_texts()]


def stars(panel):
    return [line.get_xydata().tolist() for line in panel.lines if line.get_marker() == "*"]


USUAL = (
    line(0, "validation", loss=2.5, accuracy=0.125),
    line(0, "test", loss=2.25, accuracy=0.25),
    line(100, loss=1.0, accuracy=0.5, grad_norm=2.0, learning_rate=0.1),
    line(200, loss=0.5, accuracy=0.75, grad_norm=1.0, learning_rate=0.05),
    line(200, "validation", loss=0.75, accuracy=0.875),
    line(200, "test", loss=0.625, accuracy=0.8125),
    line(300, "validation", loss=0.5, accuracy=0.6875),
    line(300, "test", loss=0.75, accuracy=0.9375),
)


def test_every_split_is_drawn_and_what_is_recorded_of_the_updates(tmp_path, figures):
    record(tmp_path, *USUAL)
    assert draw_curves(tmp_path, title="mnist_rnn: LSTM(8)") == tmp_path / "curves.png"
    loss, accuracy, norm, rate = figures[0].axes
    assert [line.get_xydata().tolist() for line in loss.lines[:3]] == [
        [[100, 1.0], [200, 0.5]],
        [[0, 2.5], [200, 0.75], [300, 0.5]],
        [[0, 2.25], [200, 0.625], [300, 0.75]],
    ]
    assert [p.get_ylabel() for p in (loss, accuracy)] == ["loss", "accuracy"]
    assert [p.get_ylabel() for p in (norm, rate)] == ["gradient norm", "learning rate"]
    assert [p.lines[0].get_xydata().tolist() for p in (norm, rate)] == [
        [[100, 2.0], [200, 1.0]],
        [[100, 0.1], [200, 0.05]],
    ]
    assert labels(figures[0].legends[0]) == ["train", "validation", "test"]
    assert figures[0].get_suptitle() == "mnist_rnn: LSTM(8)"
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["curves.pdf", "curves.png", "metrics.jsonl"]


def test_the_star_is_on_the_state_that_validation_chooses_in_every_panel(tmp_path, figures):
    record(tmp_path, *USUAL)
    draw_curves(tmp_path, title="a")  # the most accuracy, not the least loss, nor the best test
    draw_curves(tmp_path, title="a", best_step=300)
    record(tmp_path, *(r for r in USUAL if r["split"] != "validation"))
    draw_curves(tmp_path, title="a")
    chosen, told, nothing = ((f.axes[0], f.axes[1]) for f in figures)
    assert [stars(p) for p in chosen] == [[[[200, 0.75]]], [[[200, 0.875]]]]
    assert [labels(p.get_legend()) for p in chosen] == [
        ["chosen at step 200: validation 0.75, test 0.625"],
        ["chosen at step 200: validation 0.8750, test 0.8125"],
    ]
    assert labels(told[1].get_legend()) == ["chosen at step 300: validation 0.6875, test 0.9375"]
    assert [stars(p) for p in nothing] == [[], []]


def test_the_legend_says_which_sizes_the_test_has(tmp_path, figures):
    record(tmp_path, *USUAL)
    draw_curves(tmp_path, title="a", tested="length 7 to 12")
    assert labels(figures[0].legends[0]) == ["train", "validation", "test, length 7 to 12"]


def test_no_legend_covers_a_curve(tmp_path, figures):
    record(tmp_path, *USUAL)
    draw_curves(tmp_path, title="a", baseline=0.5)
    figure = figures[0]
    figure.draw_without_rendering()
    legends = [*figure.legends, *(p.get_legend() for p in figure.axes if p.get_legend())]
    assert len(legends) == 3
    for legend in legends:
        box = legend.get_window_extent()
        assert not any(box.overlaps(panel.get_window_extent()) for panel in figure.axes)
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1


def test_the_picture_is_wide_enough_to_print_and_has_ink_in_it(tmp_path):
    record(tmp_path, *[line(s, loss=1 / s, accuracy=1 - 1 / s) for s in range(1, 50)])
    pixels = np.asarray(Image.open(draw_curves(tmp_path, title="a")).convert("RGB"), int)
    assert pixels.shape[1] > 1400
    blue = np.abs(pixels - (0x44, 0x77, 0xAA)).sum(-1) < 30
    assert blue[:, : pixels.shape[1] // 2].sum() > 500
    assert blue[:, pixels.shape[1] // 2 :].sum() > 500


def test_the_loss_is_logarithmic_when_it_spans_more_than_a_decade(tmp_path, figures):
    for values in ([1.0, 0.11], [1.0, 0.09], [1.0, 0.0], [1.0, -20.0]):
        record(tmp_path, *[line(step, loss=value) for step, value in enumerate(values)])
        draw_curves(tmp_path, title="a")
    record(tmp_path, line(1, accuracy=0.01), line(2, accuracy=0.9))
    draw_curves(tmp_path, title="a")
    scales = [f.axes[0].get_yscale() for f in figures]
    assert scales == ["linear", "log", "linear", "linear", "linear"]


def test_the_baseline_is_a_dashed_line_in_the_loss(tmp_path, figures):
    record(tmp_path, line(1, loss=0.2, accuracy=0.5), line(2, loss=0.1, accuracy=0.5))
    draw_curves(tmp_path, title="adding", baseline=1 / 6)
    loss, accuracy = figures[0].axes
    assert labels(figures[0].legends[0]) == ["train", "memoryless baseline"]
    assert loss.lines[-1].get_ydata() == [1 / 6, 1 / 6]
    assert loss.lines[-1].is_dashed()
    assert len(accuracy.lines) == 1


@pytest.mark.parametrize(
    ("metrics", "panels"),
    [
        ({"loss": 0.5}, ["loss"]),
        ({"bits_per_char": 4.0, "grad_norm": 1.0}, ["bits per char", "gradient norm"]),
        ({"grad_norm": 1.0, "loss": 0.5, "accuracy": 1}, ["loss", "accuracy", "gradient norm"]),
    ],
)
def test_there_is_a_panel_for_what_is_recorded(tmp_path, figures, metrics, panels):
    record(tmp_path, line(1, **metrics), line(2, **metrics))
    draw_curves(tmp_path, title="a")
    assert [panel.get_ylabel() for panel in figures[0].axes] == panels


def test_null_is_a_gap_and_never_the_best(tmp_path, figures):
    values = enumerate([0.5, None, 0.25, None])
    record(tmp_path, *[line(s, "validation", loss=v, accuracy=v) for s, v in values])
    draw_curves(tmp_path, title="diverged")
    loss, accuracy = figures[0].axes
    assert np.isnan(loss.lines[0].get_ydata()).tolist() == [False, True, False, True]
    assert loss.get_xlim()[1] > 3
    assert stars(accuracy) == [[[0, 0.5]]]


@pytest.mark.full
def test_very_many_points_become_means_and_a_band(tmp_path, figures):
    losses = np.random.default_rng(0).uniform(1, 2, 20_000)
    losses[5000:5100] = np.nan
    lines = [line(s, loss=None if np.isnan(v) else v) for s, v in enumerate(losses)]
    record(tmp_path, *lines)
    draw_curves(tmp_path, title="long")
    (panel,) = figures[0].axes
    steps, means = panel.lines[0].get_data()
    parts = losses.reshape(1000, 20)
    wanted = [np.nan if np.isnan(p).any() else p.mean() for p in parts]
    np.testing.assert_allclose(means, wanted)
    np.testing.assert_allclose(steps, np.arange(20_000).reshape(1000, 20).mean(1))
    corners = panel.collections[0].get_datalim(panel.transData)
    assert (corners.y0, corners.y1) == (np.nanmin(losses), np.nanmax(losses))


@pytest.mark.parametrize(
    "records",
    [[line(100, loss=0.5, accuracy=0.5)], [line(1, loss=None, accuracy=None)], [line(0, loss=1)]],
)
def test_a_single_point_and_nothing_finite_can_be_drawn(tmp_path, records):
    record(tmp_path, *records)
    assert draw_curves(tmp_path, title="a").stat().st_size > 1000


def test_a_run_without_metrics_says_so(tmp_path, figures):
    draw_curves(tmp_path, title="a")
    assert [text.get_text() for text in figures[0].axes[0].texts] == ["no metrics yet"]


@pytest.mark.full
def test_drawing_leaves_pyplot_and_its_backends_alone():
    code = (
        "import sys, tempfile; from rnnjax.runs.figures.curves import draw_curves\n"
        "assert 'matplotlib' not in sys.modules\n"
        "draw_curves(tempfile.mkdtemp(), title='a')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
