import base64
import csv
import html.parser
import os
import subprocess
import sys

import pandas as pd
import pytest

from rnnjax.sweeps.records import read_sweep
from rnnjax.sweeps.report.page import write_report
from tests.sweeps.made import Made, falling, write_sweep


class Page(html.parser.HTMLParser):
    """What a browser would see: text, pictures, and what it would have to fetch."""

    def __init__(self, text):
        super().__init__()
        self.words, self.pictures, self.tags = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.pictures += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """A sweep with its report."""
    points = [
        Made({"lr": lr, "cell": cell, "seed": seed}, curve=falling(float(lr) * (1 + int(seed))))
        for lr in ("0.1", "0.010000000000000002")
        for cell in ("LSTM", "<b>GRU</b>")
        for seed in ("0", "1")
    ]
    points += [Made({"lr": "1", "cell": "LSTM", "seed": "0"}, "diverged", falling(0.9)[:2])]
    folder = write_sweep(tmp_path_factory.mktemp("a sweep"), points, text='lr=0.1;cell="&<b>')
    assert write_report(folder) == folder / "report.html"
    return folder


def test_a_table_for_programs_has_every_point_with_every_bit(sweep):
    with (sweep / "sweep.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    frame = read_sweep(sweep).to_frame()
    assert list(lines[0]) == [*frame, "command"]
    assert len(lines) == 9
    assert {name: lines[5][name] for name in ("number", "status", "lr", "cell", "seed")} == {
        "number": "5",
        "status": "finished",
        "lr": "0.010000000000000002",
        "cell": "LSTM",
        "seed": "1",
    }
    assert lines[5]["best_validation_loss"] == "0.020000000000000004"
    assert lines[5]["command"] == f"rnnjax --flagfile='{sweep}/points/0005/flags.txt'"
    assert (lines[8]["status"], lines[8]["final_test_loss"]) == ("diverged", "")
    read = pd.read_csv(sweep / "sweep.csv").drop(columns="command")
    pd.testing.assert_frame_equal(read, frame, rtol=1e-15)


def test_the_page_is_whole_in_itself(sweep):
    page = Page((sweep / "report.html").read_text())
    saved = sorted((sweep / "plots").glob("*.png"))
    prefix = "data:image/png;base64,"
    assert all(picture.startswith(prefix) for picture in page.pictures)
    found = [base64.b64decode(picture.removeprefix(prefix)) for picture in page.pictures]
    assert len(found) == 4
    assert sorted(found) == sorted(path.read_bytes() for path in saved)
    assert not {"script", "link", "b"} & set(page.tags)


def test_the_page_says_what_was_done_and_how_to_repeat_it(sweep):
    words = Page((sweep / "report.html").read_text()).words
    assert '--experiment=adding --sweep="lr=0.1;cell="&<b>"' in "".join(words)
    assert "<b>GRU</b>" in words
    for number in range(9):
        assert f"rnnjax --flagfile='{sweep}/points/{number:04d}/flags.txt'" in words
    assert "diverged" in words
    (line,) = (word for word in words if word.startswith("9 points: 8 finished, 1 diverged. "))
    assert "Ranked by validation loss, less is better" in line
    assert "Geometric means over seeds" in line


def test_a_report_leaves_only_its_files(sweep):
    names = {path.name for path in sweep.iterdir()}
    assert names == {"plots", "points", "report.html", "sweep.csv", "sweep.json"}


@pytest.mark.full  # of figures: `tests/runs/test_figures_style.py`
def test_a_report_is_the_same_each_time(sweep):
    first = (sweep / "report.html").read_bytes()
    assert write_report(sweep).read_bytes() == first


@pytest.mark.parametrize(
    "points",
    [
        [],
        [Made({"a": "1"}, "running")],
        [Made({"a": str(n)}, "diverged", falling(0.5)[:2]) for n in range(5)],
        [Made({"a": str(n)}, curve=((0, 1.0), (10, None))) for n in range(5)],
    ],
)
def test_there_is_a_report_of_little(tmp_path, points):
    assert "<table>" in write_report(write_sweep(tmp_path, points)).read_text()


def test_what_is_no_sweep_gets_no_report(tmp_path):
    with pytest.raises(ValueError, match="holds no sweep"):
        write_report(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_heavy_is_imported_before_it_is_needed():
    code = (
        "import sys; from rnnjax import sweeps\n"
        "assert not {'matplotlib', 'pandas', 'sklearn', 'scipy.stats'} & sys.modules.keys()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, env=dict(os.environ))
    assert done.returncode == 0
