import io
import re

import pytest
from rich.console import Console

from rnnjax.training.progress import Progress


def terminal(width=120):
    return Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)


def drawn(console):
    """The lines of the last picture, without the codes that move the cursor."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())
    return [line for line in re.split(r"[\r\n]+", text) if line.strip()]


def test_the_bar_shows_steps_loss_accuracy_and_speed():
    console = terminal()
    with Progress(2000, description="mnist[rnn]", enabled=True, console=console) as progress:
        progress.update(500, {"loss": 0.25, "accuracy": 0.875, "other": 7.0}, 51234.5)
        progress.update(1500, {"loss": 1.25e-5, "accuracy": 0.9871}, 1234567.0)
    last = drawn(console)[-1]
    assert "mnist[rnn]" in last
    assert "1500/2000" in last
    assert "loss 1.250e-05" in last
    assert "acc 0.9871" in last
    assert "1,235k ex/s" in last
    assert re.search(r"0:00:0\d", last)
    assert "other" not in last


def test_accuracy_is_left_out_where_there_is_none():
    console = terminal()
    with Progress(10, enabled=True, console=console) as progress:
        progress.update(10, {"loss": 0.5}, 10.0)
    assert "loss 0.5000" in drawn(console)[-1]
    assert "acc" not in drawn(console)[-1]


def test_a_resumed_run_starts_where_it_stopped():
    console = terminal()
    with Progress(1000, start_step=600, enabled=True, console=console):
        pass
    assert "600/1000" in drawn(console)[-1].replace(" ", "")


def test_eighty_columns_hold_all_numbers_and_a_bar():
    console = terminal(80)
    with Progress(20000, description="mnist_rnn", enabled=True, console=console) as progress:
        progress.update(12000, {"loss": 0.0312, "accuracy": 0.9871}, 9876.0)
    last = drawn(console)[-1]
    assert len(last) <= 80
    for shown in ("mnist_rnn", "12000/20000", "loss 0.03120", "acc 0.9871", "9,876 ex/s", "━━━"):
        assert shown in last


@pytest.mark.parametrize("enabled", [None, False])
def test_it_prints_nothing_where_there_is_no_terminal(capfd, enabled):
    with Progress(10, description="adding", enabled=enabled) as progress:
        progress.update(5, {"loss": 0.5}, 10.0)
        progress.update(10, {"loss": 0.25}, 10.0)
    assert capfd.readouterr() == ("", "")


def test_it_draws_on_stderr(capfd, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Progress(10, description="adding", enabled=True) as progress:
        progress.update(10, {"loss": 0.5}, 10.0)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "adding" in captured.err


def test_a_bar_that_is_not_open_ignores_updates():
    Progress(10, enabled=True).update(5, {"loss": 0.5}, 10.0)
