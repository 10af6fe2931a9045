"""Several runs in one program, each with a folder that is that of the run alone."""

import json

import jax
import numpy as np
import pytest

from rnnjax.runs import run as whole_runs
from rnnjax.runs.checkpoint import Checkpoints, read_checkpoint
from rnnjax.runs.recording import Recorder
from rnnjax.runs.run import train
from rnnjax.runs.summary import read_summary
from rnnjax.runs.work import Run, Workdir
from rnnjax.training import DivergedError, Listener, Optimizer, Plan, make_mesh, make_problem
from tests.full import full
from tests.laws.draws import assert_identical
from tests.runs.stopping import Stop, stop_at
from tests.training import scripted

PLAN = Plan(20, log_every=3, eval_every=4, patience=2)
# One goes on to the end, one ends early, one diverges in training, and one when it is evaluated.
SEEDS = (9, 6, 30, 20)


@pytest.fixture(scope="module")
def problem():
    rule = Optimizer("noisy_sgd(eta=1e-6)")  # it remembers a key
    members = [member(0)]
    return make_problem(scripted.OBJECTIVE, rule, PLAN, batch_size=1, members=members, ema=0.3)


def member(seed):
    return scripted.member(seed)


def population(problem, folder, seeds=SEEDS):
    workdirs = [Workdir(folder / str(s), f"--seed={s}\n", {"seed": s}) for s in seeds]
    members = [member(seed) for seed in seeds]
    return Run("many", problem, members, workdirs, make_mesh(), home=folder / "home")


def alone(problem, folder, seed):
    workdir = Workdir(folder / str(seed), f"--seed={seed}\n", {"seed": seed})
    return Run("many", problem, [member(seed)], [workdir], make_mesh())


def left(folder):
    """Returns what a run's folder holds, but for how long it took."""
    if not (folder / "checkpoints").exists():
        return None
    summary = folder / "summary.json"
    found = json.loads(summary.read_text()) if summary.exists() else {}
    for name in ("seconds", "examples_per_second", "resumed_from", "sha256"):
        found.pop(name, None)
    files = {name: (folder / name).read_bytes() for name in ("metrics.jsonl", "config.json")}
    return found, files, {path.name for path in folder.iterdir()}


def assert_same(folder, other, seeds=SEEDS):
    for seed in seeds:
        one, two = folder / str(seed), other / str(seed)
        assert left(one) == left(two)
        assert_identical(*(jax.tree.map(np.asarray, kept(run)) for run in (one, two)))


def kept(folder):
    return read_checkpoint(folder / "checkpoints")[1]


def snapshot(folder):
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


@pytest.fixture(scope="module")
def uncut(problem, tmp_path_factory):
    """Returns the folder of a population that was never stopped, and its summaries."""
    folder = tmp_path_factory.mktemp("runs") / "uncut"
    return folder, train(population(problem, folder), show=False)


@pytest.mark.full
def test_each_member_leaves_what_its_run_alone_leaves(problem, uncut, tmp_path):
    folder, summaries = uncut
    ended = set()
    for seed, summary in zip(SEEDS, summaries, strict=True):
        own, tree = folder / str(seed), kept(folder / str(seed))
        ended.add(int(tree["ended"]))
        if tree["ended"] < 0:
            assert summary is None
            assert not (own / "summary.json").exists()
            with pytest.raises(DivergedError):
                train(alone(problem, tmp_path, seed), show=False)
            metrics = [path / "metrics.jsonl" for path in (own, tmp_path / str(seed))]
            assert metrics[0].read_bytes() == metrics[1].read_bytes()
            continue
        assert summary == read_summary(own)
        assert json.loads((own / "env.json").read_text())["seed"] == seed
        assert summary["steps"] == tree["step"] == (tree["ended"] or PLAN.steps)
        assert summary["best"]["step"] == tree["best"]["step"]
        (found,) = train(alone(problem, tmp_path, seed), show=False)
        assert_same(folder, tmp_path, [seed])
        assert (found["best"], found["final"]) == (summary["best"], summary["final"])
    assert ended == {0, 12, -18, -4}
    assert {path.name for path in folder.iterdir()} == {str(seed) for seed in SEEDS}


@pytest.mark.parametrize(
    ("owner", "method", "calls", "resumed_from"),
    [
        (Recorder, "write", 16, 4),  # between lines and checkpoint
        full(Checkpoints, "save", 7, 20),  # when some have got their own
        full(whole_runs.shutil, "rmtree", 4, 20),  # once all have
        full(whole_runs, "write_summary", 2, 20),  # when one has its summary
    ],
    ids=str,
)
def test_a_population_stopped_anywhere_ends_bit_for_bit_as_one_never_stopped(
    problem, uncut, tmp_path, monkeypatch, owner, method, calls, resumed_from
):
    with monkeypatch.context() as patch:
        stop_at(patch, owner, method, calls)
        with pytest.raises(Stop):
            train(population(problem, tmp_path), show=False)
    summaries = train(population(problem, tmp_path), show=False)
    assert_same(tmp_path, uncut[0])
    for summary, whole in zip(summaries, uncut[1], strict=True):
        assert (summary is None) == (whole is None)
        if summary is not None:
            assert (summary["final"], summary["best"]) == (whole["final"], whole["best"])
            assert summary["resumed_from"] == resumed_from
    assert not (tmp_path / "home").exists()


def test_a_finished_population_is_only_looked_up(problem, uncut, monkeypatch):
    folder, summaries = uncut
    before = snapshot(folder)
    monkeypatch.setattr(whole_runs.loop, "run", None)
    assert train(population(problem, folder), show=False) == summaries
    assert snapshot(folder) == before
    assert {path.name for path in folder.iterdir()} == {str(seed) for seed in SEEDS}


def test_listeners_are_told_after_lines_and_checkpoints_are_written(problem, tmp_path):
    seen = []

    class Watch(Listener):
        def evaluated(self, moment):
            step, tree = read_checkpoint(tmp_path / "home" / "checkpoints")
            assert step == moment.step
            assert tree["ended"].tolist() == moment.members.ended.tolist()
            for index, seed in enumerate(SEEDS):
                lines = (tmp_path / str(seed) / "metrics.jsonl").read_text().splitlines()
                last = json.loads(lines[-1]) if lines else {}
                assert (last.get("step") == step) == moment.here[index] or last["split"] == "train"
            seen.append(step)

    train(population(problem, tmp_path), listeners=[Watch()], show=False)
    assert seen == [4, 8, 12, 16, 20]


@pytest.mark.full
def test_a_population_of_which_nothing_is_left_says_so(problem, uncut, tmp_path):
    lost = [s for s, summary in zip(SEEDS, uncut[1], strict=True) if summary is None][:2]
    with pytest.raises(DivergedError, match=r"^all 2 runs of the population have diverged by step"):
        train(population(problem, tmp_path, lost), show=False)
    assert not (tmp_path / str(lost[0]) / "summary.json").exists()


def test_members_whose_folders_cannot_be_theirs_are_refused_and_left_alone(problem, tmp_path):
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"1 is not empty and holds no run"):
        train(population(problem, tmp_path, [0, 1]), show=False)
    assert [path.name for path in (tmp_path / "1").iterdir()] == ["notes.txt"]
    assert not (tmp_path / "home").exists()
