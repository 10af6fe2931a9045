import json
import math
import multiprocessing
import os
import signal

import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.runs.recording import Recorder, is_damaged, read_metrics
from tests.runs.stopping import Stop, stop_at


def train(folder, kill_at=0):
    """Twelve steps: a train line every two, a test line and then a "checkpoint" every four."""
    saved = folder / "saved"
    start = int(saved.read_text()) if saved.exists() else 0
    recorder = Recorder(folder, resume_step=start)
    for step in range(start + 2, 13, 2):
        recorder.write(step, "train", {"loss": 1 / (3 * step), "accuracy": step / 13})
        if step == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if step % 4 == 0:
            recorder.write(step, "test", {"loss": 1 / (7 * step)})
            saved.write_text(str(step))


def train_until_killed(folder, kill_at):
    process = multiprocessing.get_context("spawn").Process(target=train, args=(folder, kill_at))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def write_steps(folder, steps, resume_step=0):
    recorder = Recorder(folder, resume_step=resume_step)
    for step in steps:
        recorder.write(step, "train", {"loss": 1 / step})
        if step % 2 == 0:
            recorder.write(step, "test", {"loss": 1 / (3 * step), "accuracy": step / 7})
    return (folder / "metrics.jsonl").read_bytes()


def test_a_line_holds_step_split_and_metrics_in_order(tmp_path):
    recorder = Recorder(tmp_path)
    recorder.write(5, "test", {"loss": 0.25, "accuracy": 0.5})
    text = (tmp_path / "metrics.jsonl").read_text()
    assert text == '{"step": 5, "split": "test", "loss": 0.25, "accuracy": 0.5}\n'
    assert read_metrics(tmp_path) == [json.loads(text)]


@pytest.mark.parametrize(
    "value", [0.1, np.float32(0.1), jnp.float32(1e-42), 1e-300, 2**53 + 0.0, np.nextafter(1, 2)]
)
def test_every_bit_of_a_value_comes_back(tmp_path, value):
    recorder = Recorder(tmp_path)
    recorder.write(1, "train", {"loss": value})
    found = read_metrics(tmp_path)[0]["loss"]
    assert np.float64(found).tobytes() == np.float64(float(value)).tobytes()


def test_what_is_not_finite_becomes_null(tmp_path):
    recorder = Recorder(tmp_path)
    recorder.write(1, "train", {"a": math.nan, "b": math.inf, "c": -math.inf, "d": 1.0})
    assert read_metrics(tmp_path)[0] == {
        "step": 1, "split": "train", "a": None, "b": None, "c": None, "d": 1.0,
    }  # fmt: skip


def test_a_line_is_in_the_file_before_write_returns(tmp_path):
    recorder = Recorder(tmp_path)
    for step in (1, 2):
        recorder.write(step, "train", {"loss": 0.5})
        assert [record["step"] for record in read_metrics(tmp_path)] == list(range(1, step + 1))


def test_a_metric_cannot_take_the_name_of_the_step(tmp_path):
    recorder = Recorder(tmp_path)
    with pytest.raises(ValueError, match="'step'"):
        recorder.write(1, "train", {"step": 3.0})


@pytest.mark.parametrize("resume_step", [0, 2, 4, 5, 8])
def test_a_run_resumed_leaves_the_bytes_of_one_never_stopped(tmp_path, resume_step):
    (tmp_path / "whole").mkdir()
    (tmp_path / "resumed").mkdir()
    whole = write_steps(tmp_path / "whole", range(1, 9))
    write_steps(tmp_path / "resumed", range(1, 9))
    assert write_steps(tmp_path / "resumed", range(resume_step + 1, 9), resume_step) == whole


@pytest.mark.parametrize("cut", [1, 2, 20, 45])
def test_a_torn_last_line_is_dropped_and_written_again(tmp_path, cut):
    whole = write_steps(tmp_path, range(1, 9))
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(whole[:-cut])  # lines of step 8 are 47 and 60 bytes: the cut is in the last
    assert len(read_metrics(tmp_path)) == whole.count(b"\n") - 1
    assert write_steps(tmp_path, range(7, 9), resume_step=6) == whole


def test_zeros_that_a_lost_disk_block_leaves_at_the_end_are_dropped(tmp_path):
    whole = write_steps(tmp_path, range(1, 5))
    (tmp_path / "metrics.jsonl").write_bytes(whole + bytes(100) + b"\n")
    assert write_steps(tmp_path, (), resume_step=4) == whole


def test_a_damaged_line_in_the_middle_is_named_and_nothing_is_changed(tmp_path):
    whole = write_steps(tmp_path, range(1, 5))
    damaged = whole.replace(b'"loss": 0.5', b'"loss: 0.5')
    (tmp_path / "metrics.jsonl").write_bytes(damaged)
    with pytest.raises(ValueError, match=r"metrics\.jsonl, line 2"):
        Recorder(tmp_path, resume_step=4)
    assert (tmp_path / "metrics.jsonl").read_bytes() == damaged


def test_a_run_killed_twice_leaves_the_bytes_of_one_never_killed(tmp_path, monkeypatch):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    train(whole)
    train_until_killed(killed, kill_at=6)
    assert [r["step"] for r in read_metrics(killed)] == [2, 4, 4, 6]
    with monkeypatch.context() as patch:
        stop_at(patch, Recorder, "write", 6)
        with pytest.raises(Stop):
            train(killed)
    assert [r["step"] for r in read_metrics(killed)] == [2, 4, 4, 6, 8, 8, 10, 12]
    train(killed)
    expected = (whole / "metrics.jsonl").read_bytes()
    assert expected.count(b"\n") == 9
    assert (killed / "metrics.jsonl").read_bytes() == expected


def test_a_run_that_has_recorded_nothing_has_no_lines(tmp_path):
    assert read_metrics(tmp_path) == []
    Recorder(tmp_path)
    assert read_metrics(tmp_path) == []


def test_the_speed_is_not_in_the_lines(tmp_path):
    recorder = Recorder(tmp_path)
    recorder.write_speed(3, 1024.0)
    assert read_metrics(tmp_path) == []


def test_a_tilde_is_the_home_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    recorder = Recorder("~")
    recorder.write(1, "train", {"loss": 0.5})
    assert read_metrics("~") == read_metrics(tmp_path) != []


def test_lines_that_are_missing_or_have_changed_are_told_and_the_file_is_kept(tmp_path, caplog):
    whole = Recorder(tmp_path)
    for step in (1, 2, 3):
        whole.write(step, "train", {"loss": step / 7})
    path, digest = tmp_path / "metrics.jsonl", whole.digest
    text = path.read_bytes()
    again = Recorder(tmp_path, resume_step=3, digest=digest)
    assert (again.digest, path.read_bytes(), caplog.records) == (digest, text, [])
    first, second, third = text.splitlines(keepends=True)
    assert not is_damaged(tmp_path)
    harmed = {
        first + third: first + third,
        second + third: second + third,
        b"": b"",
        text.replace(b"0.28", b"0.29"): text.replace(b"0.28", b"0.29"),
        b"\0" * len(first) + second + third: third,  # the second has no beginning any more
    }
    for number, (there, kept) in enumerate(harmed.items(), start=1):
        caplog.clear()
        path.write_bytes(there)
        recorder = Recorder(tmp_path, resume_step=3, digest=digest)
        assert path.read_bytes() == kept
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert "lines up to step 3 are missing or have changed" in caplog.text
        # Each stays, and from the first on the run says that it is damaged.
        name = "metrics.jsonl.damaged" + (f".{number}" if number > 1 else "")
        assert (tmp_path / name).read_bytes() == there
        assert is_damaged(tmp_path)
        recorder.write(4, "train", {"loss": 1.0})
        assert [record["step"] for record in read_metrics(tmp_path)][-1] == 4
    path.unlink()
    caplog.clear()
    Recorder(tmp_path, resume_step=3, digest=digest)
    assert "lines up to step 3" in caplog.text
