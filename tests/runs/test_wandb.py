import math
import sys
import types

import numpy as np
import pytest

from rnnjax.runs.wandb import WeightsAndBiases


class FakeRun:
    """Records what the package would be asked to do with a run."""

    def __init__(self, **settings):
        self.settings, self.calls = settings, []

    def define_metric(self, name, **settings):
        self.calls.append(("define_metric", name, settings))

    def log(self, data):
        self.calls.append(("log", data))

    def finish(self, exit_code):
        self.calls.append(("finish", exit_code))


@pytest.fixture
def runs(monkeypatch):
    """The runs that were begun, with a package in the place of the real one."""
    begun = []

    def init(**settings):
        begun.append(FakeRun(**settings))
        return begun[-1]

    package = types.ModuleType("wandb")
    package.init = init
    monkeypatch.setitem(sys.modules, "wandb", package)
    return begun


def test_metrics_and_speed_are_sent_with_the_step_as_their_axis(tmp_path, runs):
    with WeightsAndBiases(tmp_path, project="rnn", name="first", config={"steps": 9}) as sent:
        sent.write(3, "test", {"loss": np.float32(0.25), "accuracy": 0.5, "bad": math.nan})
        sent.write(4, "test", {"loss": -math.inf})
        sent.write_speed(4, 1024.0)
    (run,) = runs
    assert run.calls == [
        ("define_metric", "step", {"hidden": True}),
        ("define_metric", "*", {"step_metric": "step"}),
        ("log", {"step": 3, "test/loss": 0.25, "test/accuracy": 0.5}),
        ("log", {"step": 4, "speed/examples_per_second": 1024.0}),
        ("finish", 0),
    ]
    assert {type(value) for value in run.calls[2][1].values()} == {int, float}
    settings = {name: run.settings[name] for name in ("project", "name", "config", "dir")}
    assert settings == {
        "project": "rnn", "name": "first", "config": {"steps": 9}, "dir": str(tmp_path),
    }  # fmt: skip


def test_a_run_resumed_in_its_folder_is_the_same_run_and_another_folder_another(tmp_path, runs):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    for name in ("a", "a", "b"):
        with WeightsAndBiases(tmp_path / name, project="rnn"):
            pass
    ids = [run.settings["id"] for run in runs]
    assert ids[0] == ids[1] != ids[2]
    assert all(ids)
    assert {run.settings["resume"] for run in runs} == {"allow"}
    assert [run.settings["name"] for run in runs] == ["a", "a", "b"]


def test_a_run_that_fails_is_said_to_have_failed(tmp_path, runs):
    with pytest.raises(KeyboardInterrupt), WeightsAndBiases(tmp_path, project="rnn"):
        raise KeyboardInterrupt
    assert runs[0].calls[-1] == ("finish", 1)


def test_without_the_package_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(ValueError, match="needs its package: pip install wandb"):
        WeightsAndBiases(tmp_path, project="rnn")
    assert list(tmp_path.iterdir()) == []
