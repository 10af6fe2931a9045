import os
import signal

import pytest
from optuna.trial import TrialState

from rnnjax.sweeps import working
from rnnjax.sweeps.units import Counts, plan_units, progress_of, queue_again, state_of, tries_of
from rnnjax.sweeps.working import work


def complete(queue):
    """Returns how often each unit was completed."""
    return [
        sum(trial.state is TrialState.COMPLETE for trial in trials)
        for _, trials in sorted(tries_of(queue).items())
    ]


@pytest.mark.full
def test_a_killed_worker_s_unit_is_done_by_the_other_and_each_is_done_once(site):
    queue = site.planned(6)
    workers = [site.start("--hold=3"), site.start("--hold=3")]
    victim = site.held()
    os.kill(victim, signal.SIGKILL)
    assert sorted(worker.wait(60) for worker in workers) == [-9, 0]
    assert progress_of(queue) == Counts(6, 0, 0, 0)
    assert complete(queue) == [1] * 6
    assert site.begun() == sorted([*range(6), 3])
    assert [trial.state.name for trial in tries_of(queue)[3]] == ["FAIL", "COMPLETE"]


@pytest.mark.full  # of what is known of the dead: `test_workers.py`
def test_a_unit_that_kills_its_workers_is_tried_twice_and_fails_for_good(site):
    queue = site.planned(3)
    workers = [site.start("--die=1") for _ in range(3)]
    assert sorted(worker.wait(60) for worker in workers) == [-9, -9, 0]
    assert progress_of(queue) == Counts(2, 0, 0, 1)
    assert site.begun() == [0, 1, 1, 2]
    plan_units(queue, 3)
    assert progress_of(queue).done


@pytest.mark.parametrize("site", ["study.db", "study.journal"], indirect=True)
@pytest.mark.full
def test_two_workers_do_each_unit_once(site):
    queue = site.planned(8)
    workers = [site.start(), site.start()]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    assert complete(queue) == [1] * 8
    assert site.begun() == list(range(8))


@pytest.mark.parametrize("site", ["study.db", "study.journal"], indirect=True)
@pytest.mark.full
def test_an_interrupted_worker_gives_its_unit_back(site):
    queue = site.planned(2)
    worker = site.start("--hold=0")
    os.kill(site.held(), signal.SIGINT)
    assert worker.wait(60) not in (0, -9)
    assert progress_of(queue) == Counts(0, 0, 2, 0)
    plan_units(queue, 2)
    work(queue, lambda unit, saved: None)
    assert progress_of(queue) == Counts(2, 0, 0, 0)


def test_an_error_that_is_caught_fails_its_unit_alone(site, caplog):
    def do(unit, saved):
        if unit == 1:
            raise RuntimeError("the loss is not finite\nat step 3")

    queue, ends = site.planned(3), []
    work(queue, do, on_end=lambda: ends.append(progress_of(queue).ended))
    assert ends == [1, 2, 3]
    assert progress_of(queue) == Counts(2, 0, 0, 1)
    errors = [trials[0].user_attrs.get("error") for trials in tries_of(queue).values()]
    assert errors == [None, "the loss is not finite", None]
    assert caplog.messages == ["unit 1 failed: the loss is not finite"]
    plan_units(queue, 3)
    assert progress_of(queue).done


def test_another_error_ends_the_worker_and_the_unit_can_be_planned_again(site):
    def do(unit, saved):
        raise ValueError(f"unit {unit} makes no sense")

    queue = site.planned(2)
    with pytest.raises(ValueError, match="unit 0 makes no sense"):
        work(queue, do)
    assert progress_of(queue) == Counts(0, 0, 2, 0)
    plan_units(queue, 2)
    work(queue, lambda unit, saved: None)
    assert progress_of(queue) == Counts(2, 0, 0, 0)


def give_up(queue, unit):
    """Takes this process for dead, as another worker would."""
    trial = tries_of(queue)[unit][-1]
    queue._storage.set_trial_state_values(trial._trial_id, state=TrialState.FAIL)
    queue_again(queue, trial)


@pytest.mark.parametrize("ending", ["returns", "raises"])
@pytest.mark.full
def test_a_worker_taken_for_dead_goes_on_and_its_late_end_does_not_count(site, ending):
    done = []

    def do(unit, saved):
        done.append(unit)
        if done == [0]:
            give_up(queue, 0)
            if ending == "raises":
                raise RuntimeError("too late")

    queue = site.planned(2)
    work(queue, do)
    assert sorted(done) == [0, 0, 1]
    assert progress_of(queue) == Counts(2, 0, 0, 0)


def test_ctrl_c_ends_a_worker_that_was_taken_for_dead_too(site):
    def do(unit, saved):
        give_up(queue, unit)
        raise KeyboardInterrupt

    queue = site.planned(1)
    with pytest.raises(KeyboardInterrupt):
        work(queue, do)


@pytest.mark.full
def test_a_trial_whose_worker_died_before_its_first_heartbeat_is_found_dead(site):
    looks = []
    queue = site.planned(1)
    queue._storage.set_trial_state_values(queue.trials[0]._trial_id, state=TrialState.RUNNING)
    work(queue, lambda unit, saved: None, on_wait=lambda: looks.append(progress_of(queue)))
    assert progress_of(queue) == Counts(1, 0, 0, 0)
    assert looks[0] == Counts(0, 1, 0, 0)


def test_the_unit_whose_rescuer_died_is_planned_again(site):
    queue = site.planned(1)
    trial = queue.trials[0]
    for state in (TrialState.RUNNING, TrialState.FAIL):
        queue._storage.set_trial_state_values(trial._trial_id, state=state)
    assert state_of(queue.trials).name == "STOPPED"
    plan_units(queue, 1)
    work(queue, lambda unit, saved: None)
    assert progress_of(queue) == Counts(1, 0, 0, 0)


def test_a_trial_beyond_the_plan_does_no_work(site):
    """As when another worker is faster at the last unit."""
    queue = site.planned(1)
    work(queue, lambda unit, saved: None)
    working._work_once(queue, lambda unit, saved: pytest.fail("it worked"), (RuntimeError,))
    assert [trial.state.name for trial in queue.trials] == ["COMPLETE", "FAIL"]
    assert progress_of(queue) == Counts(1, 0, 0, 0)
