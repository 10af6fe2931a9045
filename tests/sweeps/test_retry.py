"""Tries that count and tries that do not; failed units tried again."""

import pytest
from optuna.trial import TrialState

from rnnjax import sweeps
from rnnjax.sweeps.study import open_queue
from rnnjax.sweeps.units import Counts, give_up, plan_units, progress_of, queue_again
from rnnjax.sweeps.working import work
from tests.sweeps.small import SETTINGS


@pytest.fixture
def queue(tmp_path):
    """A queue of one unit, without a heartbeat."""
    queue = open_queue(str(tmp_path / "study.journal"), "sweep")
    plan_units(queue, 1)
    return queue


def killed(queue, *, saved):
    """Lets a worker take the unit and be killed, after a checkpoint or before."""
    trial = queue.ask()
    if saved:
        trial.set_user_attr("saved", True)
    frozen = queue.trials[trial.number]
    give_up(queue, frozen, killed=True)
    queue_again(queue, frozen)


def test_a_try_that_came_to_a_further_checkpoint_is_no_strike(queue):
    for saved in (True, True, False, True, False, True, True):
        killed(queue, saved=saved)
        assert progress_of(queue) == Counts(0, 0, 1, 0)
    killed(queue, saved=False)
    assert progress_of(queue) == Counts(0, 0, 1, 0)
    killed(queue, saved=False)
    assert progress_of(queue) == Counts(0, 0, 0, 1)


def test_what_has_failed_is_tried_again_when_asked_and_has_all_its_tries(queue):
    for _ in range(2):
        killed(queue, saved=False)
    plan_units(queue, 1)
    assert progress_of(queue) == Counts(0, 0, 0, 1)
    plan_units(queue, 1, retry=True)
    killed(queue, saved=False)
    assert progress_of(queue) == Counts(0, 0, 1, 0)
    killed(queue, saved=False)
    assert progress_of(queue) == Counts(0, 0, 0, 1)
    plan_units(queue, 1, retry=True)
    work(queue, lambda unit, saved: None)
    assert progress_of(queue) == Counts(1, 0, 0, 0)
    plan_units(queue, 1, retry=True)
    assert progress_of(queue) == Counts(1, 0, 0, 0)


def test_an_interrupted_worker_gives_its_unit_back_at_once(queue):
    def stop(unit, saved):
        raise KeyboardInterrupt

    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            work(queue, stop)
        assert [t.state for t in queue.trials if not t.state.is_finished()] == [TrialState.WAITING]
    work(queue, lambda unit, saved: None)
    assert progress_of(queue) == Counts(1, 0, 0, 0)


def test_a_signal_between_optuna_and_the_unit_gives_it_back_too(queue, monkeypatch):
    monkeypatch.setattr("optuna.study._optimize._tell_with_warning", interrupted)
    with pytest.raises(KeyboardInterrupt):
        work(queue, lambda unit, saved: None)
    monkeypatch.undo()
    assert progress_of(queue) == Counts(0, 0, 1, 0)


def interrupted(**arguments):
    raise KeyboardInterrupt


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_a_sweep_tries_failed_points_again_with_their_settings(tmp_path, formula, sampler):
    def fail():
        if len(formula.runs) == 1:
            formula.before = lambda: None
            raise RuntimeError("out of memory")

    def swept(**more):
        options = {"sampler": sampler, "trials": 3, "population": 1, "show": False}
        text, storage = "learning_rate=log(1e-3,1e-1);length=4,5", str(tmp_path / "study.journal")
        return sweeps.run(SETTINGS, text, tmp_path / "sw", storage=storage, **options, **more)

    formula.before = fail
    again = r"^1 program failed, the first because out of memory; --retry tries again; "
    for _ in range(2):  # without the flag nothing is tried
        with pytest.raises(RuntimeError, match=again):
            swept()
    assert len(formula.runs) == 2
    before = sweeps.read_sweep(tmp_path / "sw")
    assert before.counts() == {"finished": 2, "failed": 1}
    found = swept(retry=True)
    assert found.counts() == {"finished": 3}
    assert [p.settings for p in found.points] == [p.settings for p in before.points]
    assert len(formula.runs) == 3


def test_the_report_calls_what_was_interrupted_stopped(tmp_path, formula):
    def stop():
        raise KeyboardInterrupt

    formula.before = stop
    storage = str(tmp_path / "study.journal")
    with pytest.raises(KeyboardInterrupt):
        sweeps.run(SETTINGS, "seed=0:2", tmp_path / "sw", storage=storage, show=False)
    assert sweeps.read_sweep(tmp_path / "sw").counts() == {"stopped": 2}


def test_a_checkpoint_of_a_unit_is_told(tmp_path, formula):
    """Else a preempted unit's progress would not count."""
    formula.before = lambda: None
    storage = str(tmp_path / "study.journal")
    sweeps.run(SETTINGS, "seed=0:2", tmp_path / "sw", storage=storage, show=False)
    from rnnjax.sweeps.folder import study_of

    queue = open_queue(storage, study_of(tmp_path / "sw"))
    assert [trial.user_attrs.get("saved") for trial in queue.trials] == [True]
