"""Sweeps that end at each operation on files outside of their runs, and then again at another."""

import contextlib
import math

import optuna
import pytest

from rnnjax import sweeps
from rnnjax.sweeps.folder import study_of
from rnnjax.sweeps.study import open_results
from tests.faults.operations import stopped_at
from tests.full import full
from tests.sweeps.conftest import formula  # noqa: F401 (a fixture)
from tests.sweeps.small import SETTINGS

FEW = 2  # operations, in the default suite
SPACES = {
    "grid": {"sweep": "learning_rate=1e-3,1e-2;length=4,5"},
    "tpe": {"sweep": "learning_rate=log(1e-4,1e-1)", "sampler": "tpe", "trials": 3},
}


def swept(folder, kind):
    return sweeps.run(SETTINGS, workdir=folder / "sw", show=False, **SPACES[kind])


def found_in(folder):
    """Returns what each point is worth, and each trial; without times and places."""
    frame = sweeps.read_sweep(folder / "sw").to_frame().drop(columns=["folder", "seconds"])
    name = study_of(folder / "sw")
    study = open_results(str(folder / "sw" / "study.db"), name, higher_is_better=False)
    trials = [(t.user_attrs, t.params, t.value, t.intermediate_values) for t in complete(study)]
    return frame.to_dict("records"), trials


def complete(study):
    trials = study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))
    return sorted(trials, key=lambda trial: trial.user_attrs["points"])


@pytest.mark.parametrize("kind", [next(iter(SPACES)), *map(full, list(SPACES)[1:])])
@pytest.mark.parametrize(
    "most", [FEW, pytest.param(10**6, marks=pytest.mark.full)], ids=["some", "all"]
)
def test_a_sweep_that_ends_at_an_operation_ends_as_what_never_did(
    tmp_path,
    monkeypatch,
    tell,
    formula,  # noqa: F811
    kind,
    most,
):
    monkeypatch.setattr("rnnjax.sweeps.workers._NAMELESS_SECONDS", 0)
    with stopped_at(monkeypatch) as operations:
        formula.within = operations.paused
        swept(tmp_path / "uncut", kind)
    count, wanted = operations.made, found_in(tmp_path / "uncut")
    times, chosen = 0, operations.of_each_place()
    for last in chosen[:: -max(len(chosen) // most, 1)]:
        folder = tmp_path / str(last)
        for end in (last, 1 + 7 * last % count):  # it may come to its end the second time
            with stopped_at(monkeypatch, end) as operations:
                formula.within = operations.paused  # what a run does: test_kill_operations.py
                swept(folder, kind)
            times += 1
        formula.within = contextlib.nullcontext
        swept(folder, kind)
        frame, trials = found_in(folder)
        if kind == "grid":
            assert (frame, trials) == wanted, last
        else:  # what it learns from depends on what it has tried
            assert [row["status"] for row in frame] == ["finished"] * 3
            assert [trial[0]["points"] for trial in trials] == [[0], [1], [2]]
            assert all(
                math.isclose(row["learning_rate"], trial[1]["learning_rate"])
                for row, trial in zip(frame, trials, strict=True)
            )
    outcome = "all points finished, each one trial" + ", values the same" * (kind == "grid")
    tell(
        "a sweep", f"ended at an operation on files, and again at another ({kind})", times, outcome
    )
