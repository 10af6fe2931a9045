import io
import re

import pytest
from rich.console import Console

from rnnjax.runs import progress as module
from rnnjax.runs.progress import Progress

TRAIN = {"loss": 0.03125, "accuracy": 0.5, "grad_norm": 7.0}
EVALUATION = {
    "validation": {"loss": 0.25, "accuracy": 0.9871},
    "test": {"loss": 0.25, "accuracy": 0.9752},
}


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is set."""
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def terminal(width=120):
    return Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)


def drawn(console):
    """The last picture, without the codes that move the cursor."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())
    return [line for line in re.split(r"[\r\n]+", text) if line.strip()][-1]


def bar(width, clock, description="mnist[rnn]"):
    console = terminal(width)
    with Progress(20_000, description=description, console=console) as progress:
        clock[0] += 30  # compiling, which does not count
        progress.logged(4000, TRAIN, 1234.0)
        clock[0] += 40
        progress.logged(12_000, TRAIN, 51_234.0)
        progress.evaluated(12_000, EVALUATION)
    return drawn(console)


def test_a_bar_shows_everything(clock):
    last = bar(120, clock)
    numbers = "12000/20000 loss 0.0312 val acc 0.9871 51k ex/s 1:10 gone 0:40 left"
    assert re.fullmatch(rf"mnist\[rnn\] ━+╸? +{numbers}", last)
    assert len(last) == 120
    assert 0.55 < last.count("━") / len(re.search("━.* (?=12000)", last)[0]) < 0.62


@pytest.mark.parametrize(
    ("width", "wanted"),
    [
        (80, "12000/20000 loss 0.0312 val acc 0.9871 51k ex/s 1:10 gone 0:40 left"),
        (70, "12000/20000 loss 0.0312 val acc 0.9871 51k ex/s 0:40 left"),
        (60, "12000/20000 loss 0.0312 val acc 0.9871 0:40 left"),
        (50, "12000/20000 loss 0.0312 val acc 0.9871 0:40 left"),
        (40, "12000/20000 loss 0.0312 val acc 0.9871"),
        (25, "12000/20000 loss 0.0312"),
        (11, "12000/20000"),
    ],
)
def test_a_narrow_bar_leaves_out_what_matters_least_and_cuts_nothing(width, wanted, clock):
    last = bar(width, clock)
    assert len(last) <= width
    assert last.lstrip("━╸ ") == wanted
    assert ("━━━" in last) == (width >= 60)


def test_what_is_not_known_is_not_shown(clock):
    console = terminal()
    with Progress(1000, start_step=600, console=console):
        pass
    assert re.fullmatch("━+╸? +600/1000 0:00 gone", drawn(console))


@pytest.mark.parametrize(
    ("metrics", "shown"),
    [
        ({"validation": {"loss": 0.5}}, "val loss 0.5000"),
        ({"test": {"loss": 0.5, "bits": 2.5}}, "test bits 2.500"),
        ({"test": {"accuracy": 1.0}, "validation": {"bits": 2, "last_accuracy": 0.5}}, "0.5000"),
    ],
)
def test_the_metric_is_that_of_validation_and_an_accuracy_first(metrics, shown, clock):
    console = terminal()
    with Progress(1000, console=console) as progress:
        progress.evaluated(10, metrics)
    assert f"{shown} 0:00 gone" in drawn(console)


def test_a_log_has_a_line_an_evaluation(capfd, clock):
    with Progress(4000, description="adding") as progress:
        progress.evaluated(0, {"validation": {"loss": 2.0, "bits_per_char": 3.0}, "test": {}})
        for step in range(100, 600, 100):
            clock[0] += 10
            progress.logged(step, TRAIN, 51_234.0)
        progress.evaluated(500, EVALUATION)
        clock[0] += 3600
        progress.evaluated(4000, {"validation": {"loss": float("nan")}})
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "step 0/4000  validation bits per char 3.000  0:00 gone",
        "step 500/4000  train loss 0.03125  validation accuracy 0.9871  test accuracy 0.9752  "
        "51k ex/s  0:50 gone  5:50 left",
        "step 4000/4000  train loss 0.03125  validation loss nan  51k ex/s  1:00:50 gone",
    ]


@pytest.mark.parametrize(
    ("speed", "shown"),
    [(0.4, "0 ex/s"), (9876.0, "9,876 ex/s"), (51_234.0, "51k ex/s"), (2.5e7, "25M ex/s")],
)
def test_speeds_are_short(speed, shown, capfd):
    with Progress(10) as progress:
        progress.logged(5, TRAIN, speed)
        progress.evaluated(5, EVALUATION)
    assert f"  {shown}  " in capfd.readouterr().err


def test_a_line_is_in_the_file_at_once(tmp_path):
    path = tmp_path / "log"
    with path.open("w") as file, Progress(10, console=Console(file=file)) as progress:
        progress.evaluated(5, {"validation": {"loss": 0.5}})
        assert path.read_text().startswith("step 5/10  validation loss 0.5000")


def test_silence_prints_nothing(capfd):
    with Progress(10, enabled=False) as progress:
        progress.logged(5, TRAIN, 10.0)
        progress.evaluated(5, EVALUATION)
    assert capfd.readouterr() == ("", "")


def test_a_bar_is_drawn_on_stderr(capfd, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Progress(10, description="adding", enabled=True) as progress:
        progress.logged(10, TRAIN, 10.0)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "adding" in captured.err


def test_what_is_not_open_prints_nothing(capfd):
    progress = Progress(10)
    progress.logged(5, TRAIN, 10.0)
    progress.evaluated(5, EVALUATION)
    with progress:
        pass
    progress.evaluated(10, EVALUATION)
    assert capfd.readouterr() == ("", "")
