import math
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from tensorboardX.proto.event_pb2 import Event

from rnnjax.runs.tensorboard import TensorBoard


def events(folder):
    """Reads TensorBoard's event files in order: length, checksum, event, checksum."""
    found = []
    for path in sorted((folder / "tensorboard").iterdir(), key=lambda path: path.name):
        data, at = path.read_bytes(), 0
        while at < len(data):
            size = int.from_bytes(data[at : at + 8], "little")
            found.append(Event.FromString(data[at + 12 : at + 12 + size]))
            at += 16 + size
    return found


def scalars(folder):
    return [
        (value.tag, event.step, value.simple_value)
        for event in events(folder)
        for value in event.summary.value
    ]


def test_metrics_and_speed_become_scalars(tmp_path):
    board = TensorBoard(tmp_path)
    board.write(3, "test", {"loss": np.float32(0.25), "accuracy": 0.5})
    board.write_speed(3, 1024.0)
    assert scalars(tmp_path) == [
        ("test/loss", 3, 0.25),
        ("test/accuracy", 3, 0.5),
        ("speed/examples_per_second", 3, 1024.0),
    ]


def test_what_is_not_finite_is_left_out_without_a_word(tmp_path, capfd, caplog):
    board = TensorBoard(tmp_path)
    board.write(1, "train", {"a": math.nan, "b": np.float32("inf"), "c": -math.inf, "d": 0.5})
    board.write_speed(1, math.inf)
    assert scalars(tmp_path) == [("train/d", 1, 0.5)]
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_a_resumed_run_says_which_steps_it_writes_again(tmp_path):
    for resume_step in (0, 4):
        board = TensorBoard(tmp_path, resume_step=resume_step)
        for step in range(resume_step + 1, 9):
            board.write(step, "train", {"loss": 1 / step})
    starts = [event.step for event in events(tmp_path) if event.HasField("session_log")]
    assert starts == [0, 5]
    assert len(list((tmp_path / "tensorboard").iterdir())) == 2


def test_without_the_package_nothing_is_written_or_said(tmp_path, monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    board = TensorBoard(tmp_path)
    board.write(1, "train", {"loss": 0.5})
    board.write_speed(1, 1024.0)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.full
def test_importing_the_module_does_not_import_the_package():
    code = "import sys, rnnjax.runs.tensorboard; sys.exit('tensorboardX' in sys.modules)"
    root = pathlib.Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, env=os.environ).returncode == 0
