import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from rnnjax.runs.figures.style import save_figure, set_title


def drawn(height=1.0):
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([0, height])
    return figure


def test_a_figure_is_a_png_and_a_pdf_of_one_stem_and_equal_ones_are_equal_bytes(tmp_path):
    first = save_figure(drawn(), tmp_path / "first.png")
    second = save_figure(drawn(), str(tmp_path / "second.png"))
    other = save_figure(drawn(2.0), tmp_path / "other.png")
    assert np.asarray(Image.open(first)).shape[:2] == (100, 200)
    assert first.with_suffix(".pdf").read_bytes()[:5] == b"%PDF-"
    for suffix in (".png", ".pdf"):
        assert first.with_suffix(suffix).read_bytes() == second.with_suffix(suffix).read_bytes()
        assert first.with_suffix(suffix).read_bytes() != other.with_suffix(suffix).read_bytes()
    assert len(list(tmp_path.iterdir())) == 6


@pytest.mark.parametrize("broken", ["png", "pdf"])
def test_a_reader_finds_the_old_file_when_writing_fails(tmp_path, monkeypatch, broken):
    path = save_figure(drawn(), tmp_path / "a.png")
    old = {file: path.with_suffix(file).read_bytes() for file in (".png", ".pdf")}
    savefig = Figure.savefig

    def fail(figure, to, *, format, **kwargs):
        if format == broken:
            to.write(b"half")
            raise OSError("disk full")
        savefig(figure, to, format=format, **kwargs)

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(OSError, match="disk full"):
        save_figure(drawn(2.0), path)
    assert path.with_suffix(f".{broken}").read_bytes() == old[f".{broken}"]


def test_a_long_title_stays_inside_the_figure():
    figure = Figure(figsize=(5, 2))
    set_title(figure, "mnist_rnn: Stack((LSTM(128), GRU(128), LSTM(WW))) on MNIST by rows " * 2)
    figure.savefig(io.BytesIO())
    box = figure.texts[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1
    assert box.width > 0.6 * figure.bbox.width
