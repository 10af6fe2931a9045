"""A member of a population that loses its numbers: it alone is lost, and nothing of it is best."""

import json

import numpy as np
import pytest

from rnnjax import sweeps
from rnnjax.runs.checkpoint import Checkpoints, read_checkpoint
from rnnjax.runs.run import train
from tests.runs.test_population import population, problem  # noqa: F401 (a fixture)
from tests.sweeps.small import SETTINGS


def swept(folder, rates):
    """Trains a population of these rates."""
    settings = SETTINGS.replace(steps=6)
    return sweeps.run(settings, f"learning_rate={rates}", folder / "sw", show=False)


def files(point):
    """Returns what a run leaves, without its own settings."""
    tree = read_checkpoint(point.folder / "checkpoints", prefix="params")[1]
    return (point.folder / "metrics.jsonl").read_bytes(), str(tree)


@pytest.mark.full  # it compiles; the quick one is below
@pytest.mark.parametrize("rate", ["3e38", "1e37"])
def test_a_rate_that_explodes_loses_its_member_alone(tmp_path, tell, monkeypatch, rate):
    monkeypatch.setattr("rnnjax.sweeps.opened.write_report", lambda folder: None)
    found = swept(tmp_path / "a", f"1e-2,{rate},1e-1")
    whole = swept(tmp_path / "b", "1e-2,3e-2,1e-1")
    assert [point.status for point in found.points] == ["finished", "diverged", "finished"]
    for index in (0, 2):
        assert files(found.points[index]) == files(whole.points[index])
    lost = found.points[1].folder
    assert not (lost / "summary.json").exists()
    assert b"null" not in (lost / "metrics.jsonl").read_bytes()
    tell(
        "a population", "a rate that explodes", 1, "that member alone is lost, the others the same"
    )


@pytest.mark.full
def test_no_checkpoint_of_a_population_has_a_best_without_a_number(problem, tmp_path, tell):  # noqa: F811
    seeds = range(40, 72)
    summaries = train(population(problem, tmp_path, seeds), show=False)
    lost = 0
    for seed, summary in zip(seeds, summaries, strict=True):
        folder = tmp_path / str(seed)
        with Checkpoints(folder / "checkpoints") as kept:
            assert kept.steps()
        tree = read_checkpoint(folder / "checkpoints")[1]
        assert np.isfinite(tree["best"]["metric"]) == (tree["best"]["step"] > 0)
        assert (summary is None) == (tree["ended"] < 0)
        lost += summary is None
        if summary is not None and summary["best"] is not None:
            assert summary["best"]["validation"]["score"] is not None
        for line in map(json.loads, (folder / "metrics.jsonl").read_text().splitlines()):
            assert line["loss"] is not None
    assert 0 < lost < len(seeds)
    outcome = "the others end; never a best one without a number"
    tell("a population", "losses and scores that are NaN in training and evaluation", lost, outcome)
