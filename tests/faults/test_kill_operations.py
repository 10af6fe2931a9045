"""Runs and populations that end at each operation on files, and then again at another."""

import functools
import json

import jax
import numpy as np
import pytest

from rnnjax.runs import checkpoint
from rnnjax.runs import run as whole_runs
from rnnjax.runs.checkpoint import Checkpoints
from rnnjax.runs.run import train
from rnnjax.runs.step_files import StepFiles
from rnnjax.runs.work import Run, Workdir
from rnnjax.training import Optimizer, Plan, make_mesh, make_problem
from tests.faults.operations import stopped_at
from tests.laws.draws import assert_identical
from tests.training import scripted

PLAN = Plan(12, log_every=3, eval_every=4)
# The second diverges at step 4.
SEEDS = {"a run": (9,), "a population": (9, 20, 30)}
FEW = 2  # operations, in the default suite
KINDS = [pytest.param(kind, id=kind) for kind in SEEDS]


@pytest.fixture(scope="module", autouse=True)
def _compile_once():
    """Spares what every start of a process compiles."""
    with pytest.MonkeyPatch.context() as patch:
        kept, make = {}, whole_runs.make_program
        patch.setattr(
            whole_runs,
            "make_program",
            lambda p, members, mesh: kept.setdefault(tuple(members), make(p, members, mesh)),
        )
        yield


@functools.cache
def problem():
    members = [scripted.member(0)]
    rule = Optimizer("noisy_sgd(eta=1e-6)")
    return make_problem(scripted.OBJECTIVE, rule, PLAN, batch_size=1, members=members, ema=0.3)


def run_of(kind, folder):
    seeds = SEEDS[kind]
    workdirs = [Workdir(folder / str(s), f"--seed={s}\n", {"seed": s}) for s in seeds]
    home = folder / "home" if len(seeds) > 1 else None
    members = [scripted.member(seed) for seed in seeds]
    return Run("many", problem(), members, workdirs, make_mesh(), home=home)


def left(folder):
    """Returns what each run's folder holds, but for how long it took, and the folders' names."""
    found = {}
    for own in sorted(path for path in folder.iterdir() if path.is_dir()):
        with Checkpoints(own / "checkpoints") as kept:
            found[own.name, "steps"] = kept.steps()
        names = {path.name for path in own.iterdir() if path.name != "tensorboard"}
        found[own.name, "names"] = names - {"summary.json.tmp"}
        for name in ("metrics.jsonl", "config.json", "flags.txt"):
            found[own.name, name] = (own / name).read_bytes()
        if (own / "summary.json").exists():
            summary = json.loads((own / "summary.json").read_text())
            for name in ("seconds", "examples_per_second", "resumed_from", "sha256"):
                del summary[name]
            found[own.name, "summary"] = summary
    return found


def states(folder, steps):
    """Returns all checkpoints of all runs."""
    return {
        (own.name, step): jax.tree.map(np.asarray, read(own / "checkpoints", step))
        for own in sorted(path for path in folder.iterdir() if path.is_dir())
        for step in steps[own.name, "steps"]
    }


def read(folder, step):
    return checkpoint._read(StepFiles(folder), step, None, "")[0]


@pytest.fixture(scope="module")
def uncut(tmp_path_factory):
    """Returns, of each kind, what a run leaves that was never stopped, and its operations."""
    found = {}
    for kind in SEEDS:
        folder = tmp_path_factory.mktemp("uncut") / "runs"
        with stopped_at(pytest.MonkeyPatch()) as operations:
            train(run_of(kind, folder), show=False)
        found[kind] = (left(folder), states(folder, left(folder)), operations)
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "most", [FEW, pytest.param(10**6, marks=pytest.mark.full)], ids=["some", "all"]
)
def test_what_ends_at_an_operation_ends_as_what_never_did(
    uncut, tmp_path, monkeypatch, tell, kind, most
):
    wanted, checkpoints, operations = uncut[kind]
    times, chosen = 0, operations.of_each_place()
    for last in chosen[:: -max(len(chosen) // most, 1)]:
        folder = tmp_path / str(last)
        folder.mkdir()
        with stopped_at(monkeypatch, last):
            train(run_of(kind, folder), show=False)
        with stopped_at(monkeypatch, 1 + 7 * last % operations.made):  # it may come to its end
            train(run_of(kind, folder), show=False)
        train(run_of(kind, folder), show=False)
        found = left(folder)
        assert found == wanted, last
        assert_identical(states(folder, found), checkpoints)
        times += 2
    fault = "ended at an operation on files, and again at another"
    tell(kind, fault, times, "metrics, checkpoints and their parameters the same, bit for bit")
