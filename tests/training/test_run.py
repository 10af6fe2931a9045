import json
import shutil

import pytest

from rnnjax.training import (
    OptimizerSettings,
    Place,
    Plan,
    Run,
    WorkdirError,
    carry_out,
    make_optimizer,
)
from rnnjax.training.checkpoint import Checkpoints
from rnnjax.training.recording import Recorder, read_metrics
from rnnjax.training.state import Chance, initial_state, parameter_count
from tests.laws.draws import assert_identical
from tests.training import small

PLAN = Plan(steps=9, log_every=2, eval_every=4)  # stops at 2, 4, 6, 8, 9
RUN = Run(
    name="small",
    objective=small.classifier(dropout=0.3, layers=2),
    optimizer=OptimizerSettings("adam", 0.03),
    train=small.images(),
    test=small.images(7),
    plan=PLAN,
    seed=5,
    devices=1,
    best="accuracy",
    data="random images",
)
SETTINGS = {"flags": "--steps=9\n", "config": {"steps": 9}}


class _Stop(BaseException):
    """Stands for whatever ends a process."""


def finish(workdir):
    return carry_out(RUN, Place(workdir, **SETTINGS))


def final_state(workdir):
    optimizer = make_optimizer(RUN.optimizer, PLAN.steps)
    like = initial_state(RUN.objective, optimizer, RUN.train, Chance.from_seed(0))
    with Checkpoints(workdir / "checkpoints", best="accuracy") as checkpoints:
        return checkpoints.restore_latest(like)


def snapshot(folder):
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


@pytest.fixture(scope="module")
def uncut(tmp_path_factory):
    """Returns the folder of a run that was never stopped, and its summary."""
    folder = tmp_path_factory.mktemp("runs") / "uncut"
    return folder, finish(folder)


def test_a_run_leaves_everything_needed_to_repeat_it(uncut):
    folder, summary = uncut
    files = {"flags.txt", "config.json", "env.json", "metrics.jsonl", "curves.png", "summary.json"}
    assert files <= {path.name for path in folder.iterdir()}
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((folder / "summary.json").read_text()) == summary
    assert json.loads((folder / "env.json").read_text())["seed"] == 5
    lines = read_metrics(folder)
    tests = [line for line in lines if line["split"] == "test"]
    assert [line["step"] for line in tests] == [4, 8, 9]
    assert summary["final"] == tests[-1]
    assert summary["best"] == max(tests, key=lambda line: line["accuracy"])
    step, state = final_state(folder)
    assert step == state.step == summary["steps"] == 9
    assert summary["parameters"] == parameter_count(state.params) == 40 + 36 + 15
    assert (summary["name"], summary["resumed_from"], summary["data"]) == (
        "small",
        0,
        "random images",
    )


@pytest.mark.parametrize(
    ("method", "calls", "resumed_from"),
    [
        (Checkpoints.save, 1, 0),  # between its line and its checkpoint
        (Recorder.write, 4, 4),  # after its checkpoint
        (Checkpoints.save, 2, 4),  # between the second's line and checkpoint
        (Checkpoints.save, 3, 8),  # before the last checkpoint
    ],
    ids=lambda value: getattr(value, "__qualname__", str(value)),
)
def test_a_run_stopped_anywhere_goes_on_and_ends_bit_for_bit_as_one_never_stopped(
    uncut, tmp_path, monkeypatch, method, calls, resumed_from
):
    made = 0

    def stopping(*args, **kwargs):
        nonlocal made
        made += 1
        if made == calls:
            raise _Stop
        return method(*args, **kwargs)

    owner = Recorder if method is Recorder.write else Checkpoints
    with monkeypatch.context() as patch:
        patch.setattr(owner, method.__name__, stopping)
        with pytest.raises(_Stop):
            finish(tmp_path / "run")
    folder, summary = uncut
    assert not (tmp_path / "run" / "summary.json").exists()
    assert len(read_metrics(tmp_path / "run")) <= len(read_metrics(folder))
    resumed = finish(tmp_path / "run")
    assert resumed["resumed_from"] == resumed_from
    assert (resumed["final"], resumed["best"]) == (summary["final"], summary["best"])
    metrics = [(path / "metrics.jsonl").read_bytes() for path in (folder, tmp_path / "run")]
    assert metrics[0] == metrics[1]
    assert_identical(final_state(tmp_path / "run")[1], final_state(folder)[1])


def test_a_finished_run_is_only_looked_up(uncut):
    folder, summary = uncut
    before = snapshot(folder)
    assert finish(folder) == summary
    assert snapshot(folder) == before


def test_a_run_killed_before_its_summary_only_sums_up(uncut, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(uncut[0], folder)
    (folder / "summary.json").unlink()
    kept = snapshot(folder / "checkpoints")
    summary = finish(folder)
    assert summary["resumed_from"] == 9
    assert (summary["final"], summary["best"]) == (uncut[1]["final"], uncut[1]["best"])
    assert (folder / "metrics.jsonl").read_bytes() == (uncut[0] / "metrics.jsonl").read_bytes()
    assert snapshot(folder / "checkpoints") == kept


def test_the_folder_of_other_settings_is_refused_and_left_alone(uncut):
    folder, _ = uncut
    before = snapshot(folder)
    with pytest.raises(WorkdirError, match="steps is 9 there, 10 here"):
        carry_out(RUN, Place(folder, flags="--steps=10\n", config={"steps": 10}))
    assert snapshot(folder) == before


def test_the_least_loss_is_the_best_where_the_loss_decides(uncut, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(uncut[0], folder)
    (folder / "summary.json").unlink()
    summary = carry_out(RUN._replace(best="loss"), Place(folder, **SETTINGS))
    tests = [line for line in read_metrics(folder) if line["split"] == "test"]
    assert summary["best"] == min(tests, key=lambda line: line["loss"])
