"""One small sweep that really trains; see `test_results.py` for what comes of others."""

import json

import numpy as np
import pytest

from rnnjax import runs, sweeps, training
from rnnjax.runs.load import read_settings
from rnnjax.runs.recording import read_metrics
from rnnjax.runs.run import train
from rnnjax.runs.work import Run, Workdir
from rnnjax.settings import problem
from rnnjax.sweeps.folder import study_of
from rnnjax.sweeps.study import open_results
from tests.sweeps.small import SETTINGS

AXES = "learning_rate=1e-2,1e-1;seed=0:2"


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """Returns a sweep of four steps, its lines, and how it went on to six."""
    folder = tmp_path_factory.mktemp("sweep") / "adding"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rnnjax.sweeps.opened.write_report", lambda folder: None)  # the last is read
        first = sweeps.run(SETTINGS, AXES, folder, show=False)
    lines = [read_metrics(point.folder) for point in first.points]
    return first, lines, sweeps.run(SETTINGS.replace(steps=6), AXES, folder, show=False)


def test_a_sweep_leaves_a_study_a_report_and_the_flags_of_each_point(swept):
    first, _, last = swept
    assert first.counts() == last.counts() == {"finished": 4}
    name = study_of(last.folder)
    assert name.startswith("adding-")
    study = open_results(str(last.folder / "study.db"), name, higher_is_better=False)
    assert [trial.value for trial in study.trials] == [
        json.loads((point.folder / "summary.json").read_text())["best"]["validation"]["loss"]
        for point in last.points
    ]
    assert [list(trial.intermediate_values) for trial in study.trials] == [[2, 4, 6]] * 4
    assert (last.folder / "report.html").read_text().startswith("<!doctype html>")
    for point in last.points:
        texts = {name: f"--{name}={float(text):g}" for name, text in point.settings.items()}
        found = (point.folder / "flags.txt").read_text().splitlines()
        assert {"--experiment=adding", "--steps=6", *texts.values()} <= set(found)


@pytest.mark.full
def test_a_point_is_its_run_alone_also_where_it_was_gone_on_with(swept, tmp_path):
    _, lines, last = swept
    point = last.points[2]
    settings = read_settings(point.folder)
    run = Run(
        "alone",
        problem(settings),
        [settings.numbers()],
        [Workdir(tmp_path, "", settings.config())],
        training.make_mesh(),
    )
    train(run, show=False)
    alone, there = read_metrics(tmp_path), read_metrics(point.folder)
    assert json.loads((point.folder / "config.json").read_text()) == settings.config()
    assert [line.keys() for line in there] == [line.keys() for line in alone]
    for name in ("step", "loss"):
        np.testing.assert_allclose(
            [line[name] for line in there], [line[name] for line in alone], atol=1e-5
        )
    assert there[: len(lines[2])] == lines[2]
    assert len(lines[2]) < len(there)


def test_a_point_can_be_loaded(swept):
    point = swept[2].points[3]
    loaded = runs.load(point.folder)
    assert loaded.settings.training.seed == 1
    examples = loaded.examples()
    assert loaded.predict(examples.inputs).shape == examples.targets.shape
