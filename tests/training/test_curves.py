import json
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from rnnjax.training.curves import draw_curves


@pytest.fixture
def figures(monkeypatch):
    """The figures that are saved, to ask them what they show."""
    saved, savefig = [], Figure.savefig

    def keep(figure, *args, **kwargs):
        saved.append(figure)
        savefig(figure, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", keep)
    return saved


def record(folder, *records):
    (folder / "metrics.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))


def line(step, split="train", **metrics):
    return {"step": step, "split": split, **metrics}


def labels(panel):
    return [text.get_text() for text in panel.get_legend().get_texts()]


def test_loss_and_accuracy_get_a_panel_each_with_every_split(tmp_path, figures):
    record(
        tmp_path,
        line(0, "test", loss=2.5, accuracy=0.1),
        line(100, loss=1.0, accuracy=0.5),
        line(200, loss=0.5, accuracy=0.75),
        line(200, "test", loss=0.625, accuracy=0.8125),
        line(300, "test", loss=0.75, accuracy=0.6875),
    )
    path = draw_curves(tmp_path, title="mnist_rnn")
    assert path == tmp_path / "curves.png"
    loss, accuracy = figures[0].axes
    assert [line.get_xydata().tolist() for line in loss.lines] == [
        [[100, 1.0], [200, 0.5]],
        [[0, 2.5], [200, 0.625], [300, 0.75]],
    ]
    assert labels(loss) == ["train", "test"]
    assert (loss.get_xlabel(), loss.get_ylabel(), loss.get_yscale()) == ("step", "loss", "linear")
    assert labels(accuracy) == ["train", "test, last 0.6875", "best 0.8125 at step 200"]
    assert accuracy.lines[-1].get_xydata().tolist() == [[200, 0.8125]]
    assert figures[0].get_suptitle() == "mnist_rnn"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["curves.png", "metrics.jsonl"]


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
    assert [f.axes[0].get_yscale() for f in figures] == ["linear", "log", "linear", "linear"]


def test_the_baseline_is_a_dashed_line_in_the_loss(tmp_path, figures):
    record(tmp_path, line(1, loss=0.2, accuracy=0.5), line(2, loss=0.1, accuracy=0.5))
    draw_curves(tmp_path, title="adding", baseline=1 / 6)
    loss, accuracy = figures[0].axes
    assert labels(loss) == ["train", "memoryless baseline"]
    assert loss.lines[-1].get_ydata() == [1 / 6, 1 / 6]
    assert loss.lines[-1].is_dashed()
    assert len(accuracy.lines) == 2


def test_without_an_accuracy_there_is_one_panel(tmp_path, figures):
    record(tmp_path, line(1, loss=0.5), line(2, loss=0.25))
    draw_curves(tmp_path, title="adding")
    assert [panel.get_ylabel() for panel in figures[0].axes] == ["loss"]


def test_without_a_loss_the_first_metric_is_drawn(tmp_path, figures):
    record(tmp_path, line(1, bits_per_char=4.0, grad_norm=1.0))
    draw_curves(tmp_path, title="text")
    assert [panel.get_ylabel() for panel in figures[0].axes] == ["bits per char"]


def test_null_is_a_gap_and_never_the_best(tmp_path, figures):
    record(tmp_path, *[line(s, loss=v, accuracy=v) for s, v in enumerate([0.5, None, 0.25, None])])
    draw_curves(tmp_path, title="diverged")
    loss, accuracy = figures[0].axes
    assert np.isnan(loss.lines[0].get_ydata()).tolist() == [False, True, False, True]
    assert loss.get_xlim()[1] > 3
    assert labels(accuracy) == ["train, last 0.2500", "best 0.5000 at step 0"]


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


def test_drawing_leaves_pyplot_and_its_backends_alone():
    code = (
        "import sys, tempfile; from rnnjax.training.curves import draw_curves\n"
        "assert 'matplotlib' not in sys.modules\n"
        "draw_curves(tempfile.mkdtemp(), title='a')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
