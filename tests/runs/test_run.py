import json
import shutil

import jax
import numpy as np
import pytest

from rnnjax.runs.checkpoint import Checkpoints, read_checkpoint
from rnnjax.runs.recording import Recorder, read_metrics
from rnnjax.runs.run import train
from rnnjax.runs.summary import read_summary
from rnnjax.runs.work import Run, Workdir
from rnnjax.runs.workdir import LostWorkdirError, WorkdirError
from rnnjax.training import (
    DivergedError,
    Hyperparameters,
    Listener,
    Optimizer,
    Plan,
    make_mesh,
    make_problem,
)
from tests.full import full
from tests.laws.draws import assert_identical
from tests.runs.stopping import Stop, stop_at
from tests.training import small

FULL = pytest.mark.full
NUMBERS = Hyperparameters(5, 0.03, dropout=0.3)


def problem(steps):
    """Returns a problem that stops at 2, 4, 6, 8 and the end."""
    plan = Plan(steps, log_every=2, eval_every=4)
    options = {"batch_size": 6, "members": [NUMBERS]}
    return make_problem(small.classifier(layers=2), Optimizer(), plan, **options)


def run_in(folder, steps=9, **changes):
    workdir = Workdir(folder, f"--steps={steps}\n", {"steps": steps, "seed": 5})
    run = Run("small", problem(steps), [NUMBERS], [workdir], make_mesh(), data="random sequences")
    return run._replace(**changes)


def finish(folder, steps=9, **changes):
    (summary,) = train(run_in(folder, steps, **changes), show=False)
    return summary


def snapshot(folder):
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def kept(folder):
    """Returns what the last checkpoint holds, its own step among it."""
    step, tree = read_checkpoint(folder / "checkpoints")
    assert step == tree["step"]
    return tree


@pytest.fixture(scope="module")
def uncut(tmp_path_factory):
    """Returns the folder of a run that was never stopped, and its summary."""
    folder = tmp_path_factory.mktemp("runs") / "uncut"
    return folder, finish(folder)


def at(lines, step):
    """Returns the metrics of a step by split."""
    names = ("step", "split")
    return {"step": step} | {
        line["split"]: {name: v for name, v in line.items() if name not in names}
        for line in lines
        if line["step"] == step
    }


def test_a_run_leaves_everything_needed_to_repeat_it(uncut):
    folder, summary = uncut
    files = {"flags.txt", "config.json", "env.json", "metrics.jsonl", "summary.json", "tensorboard"}
    assert files | {"checkpoints"} <= {path.name for path in folder.iterdir()}
    assert (folder / "flags.txt").read_text() == "--steps=9\n"
    assert json.loads((folder / "config.json").read_text()) == {"steps": 9, "seed": 5}
    assert json.loads((folder / "env.json").read_text())["seed"] == 5
    assert read_summary(folder) == summary
    lines = read_metrics(folder)
    held_out = ("validation", "test")
    wanted = [(step, "train") for step in (2, 4, 6, 8, 9)]
    wanted[2:2] = [(4, part) for part in held_out]
    wanted[6:6] = [(8, part) for part in held_out]
    wanted += [(9, part) for part in held_out]
    assert [(line["step"], line["split"]) for line in lines] == wanted
    chosen = [line for line in lines if line["split"] == "validation"]
    best = max(chosen, key=lambda line: line["accuracy"])["step"]
    tree = kept(folder)
    assert tree["step"] == 9
    assert tree["best"]["step"] == best
    assert {
        name: summary[name] for name in summary.keys() - {"seconds", "examples_per_second"}
    } == {
        "name": "small",
        "metric": "accuracy",
        "final": at(lines, 9),
        "best": at(lines, best),
        "steps": 9,
        "planned": 9,
        "resumed_from": 0,
        "data": "random sequences",
        "figures": False,
        "parameters": sum(leaf.size for leaf in jax.tree.leaves(tree["params"])),
    }
    assert summary["parameters"] == 2 * (4 * 4 + 4 * 4 + 4) + 4 * 3 + 3
    assert summary["seconds"] > 0
    assert summary["examples_per_second"] > 0


@pytest.mark.parametrize(
    ("owner", "method", "calls", "resumed_from"),
    [
        full(Checkpoints, "save", 1, 0),  # between its lines and its checkpoint
        (Recorder, "write", 5, 4),  # after its checkpoint
        full(Recorder, "write", 7, 4),  # between the lines of an evaluation
        full(Checkpoints, "save", 2, 4),  # between its lines and checkpoint
        full(Checkpoints, "save", 3, 8),  # before the last checkpoint
    ],
)
def test_a_run_stopped_anywhere_goes_on_and_ends_bit_for_bit_as_one_never_stopped(
    uncut, tmp_path, monkeypatch, owner, method, calls, resumed_from
):
    folder, summary = uncut
    with monkeypatch.context() as patch:
        stop_at(patch, owner, method, calls)
        with pytest.raises(Stop):
            finish(tmp_path / "run")
    assert not (tmp_path / "run" / "summary.json").exists()
    assert len(read_metrics(tmp_path / "run")) <= len(read_metrics(folder))
    resumed = finish(tmp_path / "run")
    assert resumed["resumed_from"] == resumed_from
    assert (resumed["final"], resumed["best"]) == (summary["final"], summary["best"])
    metrics = [(path / "metrics.jsonl").read_bytes() for path in (folder, tmp_path / "run")]
    assert metrics[0] == metrics[1]
    assert_identical(kept(tmp_path / "run"), kept(folder))


def test_a_finished_run_is_only_looked_up(uncut):
    folder, summary = uncut
    before = snapshot(folder)
    assert finish(folder) == summary
    assert snapshot(folder) == before


def test_a_run_killed_before_its_summary_only_sums_up(uncut, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(uncut[0], folder)
    (folder / "summary.json").unlink()
    checkpoints = snapshot(folder / "checkpoints")
    summary = finish(folder)
    assert summary["resumed_from"] == 9
    assert (summary["final"], summary["best"]) == (uncut[1]["final"], uncut[1]["best"])
    assert (folder / "metrics.jsonl").read_bytes() == (uncut[0] / "metrics.jsonl").read_bytes()
    assert snapshot(folder / "checkpoints") == checkpoints


def test_a_run_whose_folder_is_moved_ends_before_it_writes_into_the_next(uncut, tmp_path):
    folder, moved = tmp_path / "run", tmp_path / "moved"

    class Moving(Listener):
        def evaluated(self, moment):
            if moment.step == 4:
                folder.rename(moved)
                (folder / "checkpoints").mkdir(parents=True)  # somebody has begun another run
                (folder / ".rnnjax-lock").touch()

    with pytest.raises(LostWorkdirError, match=f"workdir {folder} was moved or removed while"):
        train(run_in(folder), listeners=[Moving()], show=False)
    assert sorted(path.name for path in folder.iterdir()) == [".rnnjax-lock", "checkpoints"]
    assert not list((folder / "checkpoints").iterdir())
    folder.rename(tmp_path / "other")
    moved.rename(folder)
    assert finish(folder)["best"] == uncut[1]["best"]
    assert (folder / "metrics.jsonl").read_bytes() == (uncut[0] / "metrics.jsonl").read_bytes()


def test_the_folder_of_other_settings_is_refused_and_left_alone(uncut):
    folder, _ = uncut
    before = snapshot(folder)
    other = Workdir(folder, "--steps=9\n", {"steps": 9, "seed": 6})
    with pytest.raises(WorkdirError, match=r"holds a run with other settings: seed is 5 there, 6"):
        finish(folder, workdirs=[other])
    with pytest.raises(
        WorkdirError, match=r"holds a run with other settings: steps is 9 there, 10"
    ):
        finish(folder, workdirs=[Workdir(folder, "", {"steps": 10, "seed": 5})])
    assert snapshot(folder) == before


def test_a_finished_run_with_more_steps_ends_as_one_that_had_them_from_the_start(uncut, tmp_path):
    folder, changeable = tmp_path / "run", {"changeable": frozenset({"steps"})}
    short = finish(folder, 5, **changeable)
    assert (short["steps"], short["final"]["step"]) == (5, 5)
    summary = finish(folder, 9, **changeable)
    assert (folder / "flags.txt").read_text() == "--steps=9\n"
    assert json.loads((folder / "config.json").read_text())["steps"] == 9
    assert (summary["resumed_from"], summary["planned"]) == (5, 9)
    assert summary["final"] == uncut[1]["final"]
    # It has lines of step 5, where it ended at first, and those of training at 6 are means over the
    # one update since; all else is equal.
    lines, wanted = read_metrics(folder), read_metrics(uncut[0])
    own = [line for line in lines if line["step"] == 5]
    assert [line["split"] for line in own] == ["train", "validation", "test"]
    (after,) = [line for line in lines if line["step"] == 6]
    (whole,) = [line for line in wanted if line["step"] == 6]
    for name in ("loss", "accuracy", "grad_norm"):
        mean = (own[0][name] + after[name]) / 2
        assert mean == pytest.approx(whole[name], rel=1e-5)
    assert [line for line in lines if line["step"] not in (5, 6)] == [
        line for line in wanted if line["step"] != 6
    ]
    tree, whole = kept(folder), kept(uncut[0])
    best = tree.pop("best")
    del whole["best"]
    assert_identical(tree, whole)
    accuracies = {x["step"]: x["accuracy"] for x in lines if x["split"] == "validation"}
    assert best["step"] == max(accuracies, key=accuracies.get)  # step 5 may be chosen as well


def test_a_run_that_has_made_more_steps_is_refused_and_left_alone(uncut):
    before = snapshot(uncut[0])
    with pytest.raises(WorkdirError, match=r"uncut holds a run of 9 steps already, more than 5$"):
        finish(uncut[0], 5, changeable=frozenset({"steps"}))
    assert snapshot(uncut[0]) == before


def test_a_run_that_diverges_says_so_and_keeps_what_it_had(tmp_path):
    lost = NUMBERS._replace(learning_rate=3e38)
    with pytest.raises(DivergedError, match=r"^the loss is nan between steps 0 and 2: lower the l"):
        finish(tmp_path / "run", members=[lost])
    assert not (tmp_path / "run" / "summary.json").exists()
    assert read_metrics(tmp_path / "run") == []
    with pytest.raises(ValueError, match="no checkpoint that can be read"):
        kept(tmp_path / "run")


def test_a_run_begins_with_what_it_is_given_and_draws_what_was_chosen(uncut, tmp_path):
    given, drawn = kept(uncut[0]), []

    def begin(members):
        params = jax.tree.map(lambda leaf: leaf[None], given["params"])
        return members._replace(state=members.state._replace(params=params))

    run = run_in(tmp_path / "run", members=[NUMBERS._replace(learning_rate=1e-30)])
    (summary,) = train(run, begin=begin, draw=lambda *all_: drawn.append(all_), show=False)
    tree = kept(tmp_path / "run")
    assert_identical(tree["params"], given["params"])
    ((folder, trained, found),) = drawn
    assert (folder, found) == (tmp_path / "run", summary)
    assert_identical(jax.tree.map(np.asarray, trained.params), tree["best"]["params"])


@pytest.mark.full
def test_a_trace_of_some_calls_is_kept(tmp_path):
    train(run_in(tmp_path / "run"), profile=True, show=False)
    assert list((tmp_path / "run" / "profile").rglob("*.xplane.pb"))
    assert len(read_metrics(tmp_path / "run")) == 11
