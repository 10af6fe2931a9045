"""Sweeps that were done and have lost files since: the same command makes again what is gone."""

import logging
import shutil

import optuna
import pytest

from rnnjax import sweeps
from rnnjax.sweeps.folder import study_of
from rnnjax.sweeps.study import open_results
from tests.faults.comparing import bits
from tests.full import full
from tests.sweeps.small import SETTINGS

SPACES = {  # in both a program trains two points
    "grid": {"sweep": "length=4,5;seed=0:2"},
    "tpe": {
        "sweep": "learning_rate=log(1e-4,1e-1);seed=0:2",
        "sampler": "tpe",
        "trials": 2,
        "pruner": "median",
    },
}
POINTS = ("0000", "0001", "0002", "0003")


def halve(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def lose(folder):
    shutil.rmtree(folder)


def lose_all(folder):
    shutil.rmtree(folder)
    folder.with_suffix(".json").unlink()


HARMS = [  # what is done to what of a point, and how many of the two points it hits
    ("", lose_all, 1),
    ("", lose, 1),
    ("", lose_all, 2),
    (".json", lambda path: path.unlink(), 1),
    (".json", halve, 1),
    (".json", lambda path: path.write_text('{"number": 0, "status": "finished"}'), 1),
    ("/summary.json", halve, 2),
    ("/summary.json", lambda path: path.unlink(), 1),
    ("/config.json", halve, 1),
    ("/config.json", lambda path: path.unlink(), 1),
]
IDS = ["all", "run", "all of two", "mark", "half mark", "other mark", "half summaries", "summary"]
IDS += ["half config", "config"]
USUAL = (0, 4, 6)


def swept(folder, kind):
    return sweeps.run(SETTINGS, workdir=folder / "sw", show=False, **SPACES[kind])


def trials(folder):
    name = study_of(folder / "sw")
    study = open_results(str(folder / "sw" / "study.db"), name, higher_is_better=False)
    return [(t.state, t.user_attrs, t.params, t.value, t.intermediate_values) for t in study.trials]


def left(folder):
    """Returns the lines, bits and marks of each point."""
    runs = {name: folder / "sw" / "points" / name for name in POINTS}
    return {
        name: (
            (run / "metrics.jsonl").read_bytes(),
            bits(run),
            run.with_suffix(".json").read_text(),
        )
        for name, run in runs.items()
    }


@pytest.fixture(scope="module", params=[next(iter(SPACES)), *map(full, list(SPACES)[1:])])
def whole(request, tmp_path_factory):
    """Returns the kind of a sweep, and where one was done that has lost nothing."""
    folder = tmp_path_factory.mktemp(request.param)
    swept(folder, request.param)
    return request.param, folder


@pytest.fixture
def harmed(whole, tmp_path):
    """Returns the kind of a sweep, and a folder to harm in the place of the other."""
    kind, folder = whole
    kept = tmp_path / "kept"
    shutil.copytree(folder / "sw", kept)
    yield kind, folder
    shutil.rmtree(folder / "sw")
    shutil.copytree(kept, folder / "sw")


@pytest.mark.parametrize(
    ("part", "harm", "count"),
    [harm if i in USUAL else full(*harm) for i, harm in enumerate(HARMS)],
    ids=IDS,
)
def test_what_a_point_has_lost_is_made_again(harmed, caplog, tell, part, harm, count):
    kind, folder = harmed
    before, wanted, tried = sweeps.read_sweep(folder / "sw"), left(folder), trials(folder)
    points = folder / "sw" / "points"
    others = [points / name / "metrics.jsonl" for name in POINTS[count:]]
    places = [path.stat().st_ino for path in others]
    times = [path.stat().st_mtime_ns for path in others]
    for name in POINTS[:count]:
        harm(points / f"{name}{part}")
    damaged = sweeps.read_sweep(folder / "sw")
    assert {point.number for point in damaged.points} >= set(range(count, 4))
    caplog.set_level(logging.WARNING)
    found = swept(folder, kind)
    said = [r.message for r in caplog.records if r.name == "rnnjax.sweeps.mending"]
    assert len(said) == 1
    assert said[0].startswith(f"{count} point{'s' * (count > 1)} to be made again: {points}/0000")
    assert found.counts() == {"finished": 4}
    assert found.left_out == ()
    assert [p[:3] for p in found.points] == [p[:3] for p in before.points]
    assert [p.best for p in found.points] == [p.best for p in before.points]
    assert left(folder) == wanted
    assert trials(folder) == tried
    assert [path.stat().st_ino for path in others] == places
    assert [path.stat().st_mtime_ns for path in others] == times
    caplog.clear()
    swept(folder, kind)
    assert not [r for r in caplog.records if r.name == "rnnjax.sweeps.mending"]
    fault = f"{part or 'the run'} of {count} of a program's two points deleted or damaged ({kind})"
    outcome = "made again with the same bits, no trial twice, the others untouched"
    tell("a sweep that was done", fault, 1, outcome)


@pytest.mark.parametrize("file", ["study.db", full("sweep.json")])
def test_a_damaged_file_of_the_sweep_is_named_with_what_helps(harmed, tell, file):
    kind, folder = harmed
    wanted, tried, path = left(folder), trials(folder), folder / "sw" / file
    halve(path)
    with pytest.raises((ValueError, RuntimeError), match=rf"{path} .*delete .*again of") as caught:
        swept(folder, kind)
    assert "\n" not in str(caught.value)
    path.unlink()
    assert swept(folder, kind).counts() == {"finished": 4}
    assert left(folder) == wanted
    assert [t[:4] for t in trials(folder)] == [t[:4] for t in tried]
    tell("a sweep that was done", f"half of {file}", 1, "one line with what helps, and that does")


@full
def test_a_pruned_run_that_is_gone_is_made_again_as_far_as_it_was(tmp_path, monkeypatch, tell):
    def prune(self, study, trial):
        return trial.number == 1

    monkeypatch.setattr(optuna.pruners.MedianPruner, "prune", prune)
    found = swept(tmp_path, "tpe")
    assert found.counts() == {"finished": 2, "pruned": 2}
    tried, runs = trials(tmp_path), [point.folder for point in found.points]
    lines = [(run / "metrics.jsonl").read_bytes() for run in runs]
    lose_all(runs[2])
    runs[3].with_suffix(".json").unlink()
    again = swept(tmp_path, "tpe")
    assert [p[:3] for p in again.points] == [p[:3] for p in found.points]
    assert [(run / "metrics.jsonl").read_bytes() for run in runs] == lines
    assert trials(tmp_path) == tried
    tell("a sweep that was done", "a pruned run deleted", 1, "made again, to the same step")


@full
def test_a_mending_that_is_interrupted_leaves_what_was_whole(harmed, monkeypatch):
    kind, folder = harmed
    wanted = left(folder)
    lose_all(folder / "sw" / "points" / "0000")

    def stop(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("rnnjax.sweeps.unit.train", stop)
        with pytest.raises(KeyboardInterrupt):
            swept(folder, kind)
    assert sweeps.read_sweep(folder / "sw").counts() == {"finished": 3, "stopped": 1}
    assert swept(folder, kind).counts() == {"finished": 4}
    assert left(folder) == wanted
