import math
import os
import signal

import optuna
import pytest
from optuna.trial import TrialState

from rnnjax.sweeps import working
from rnnjax.sweeps.units import Counts, plan_units, progress_of, queue_again, state_of, tries_of
from rnnjax.sweeps.working import work


def complete(study):
    """Returns the values of complete trials by their unit, each unit's as a list."""
    return {
        unit: [trial.value for trial in trials if trial.state is TrialState.COMPLETE]
        for unit, trials in sorted(tries_of(study).items())
    }


def test_a_killed_worker_s_unit_is_done_by_the_other_and_each_has_one_result(site):
    study = site.planned(12)
    workers = [site.start("--hold=3"), site.start("--hold=3")]
    victim = site.held()
    os.kill(victim, signal.SIGKILL)
    assert sorted(worker.wait(60) for worker in workers) == [-9, 0]
    assert progress_of(study) == Counts(12, 0, 0, 0)
    assert complete(study) == {unit: [float(unit)] for unit in range(12)}
    assert site.begun() == sorted([*range(12), 3])
    assert [trial.state.name for trial in tries_of(study)[3]] == ["FAIL", "COMPLETE"]


def test_a_unit_that_kills_its_workers_is_tried_twice_and_fails_for_good(site):
    study = site.planned(3)
    workers = [site.start("--die=1") for _ in range(3)]
    assert sorted(worker.wait(60) for worker in workers) == [-9, -9, 0]
    assert progress_of(study) == Counts(2, 0, 0, 1)
    assert site.begun() == [0, 1, 1, 2]
    plan_units(study, 3)
    assert progress_of(study).done


def test_two_workers_that_suggest_do_just_as_many_units_as_planned(site):
    study = site.planned(16)
    workers = [site.start("--suggest"), site.start("--suggest")]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    values = complete(study)
    assert [len(found) for found in values.values()] == [1] * 16
    assert site.begun() == list(range(16))
    assert len({found[0] for found in values.values()}) == 16


def test_an_interrupted_worker_gives_its_unit_back_with_its_parameters(site):
    study = site.planned(2)
    worker = site.start("--suggest", "--hold=0")
    os.kill(site.held(), signal.SIGINT)
    assert worker.wait(60) not in (0, -9)
    assert progress_of(study) == Counts(0, 0, 2, 0)
    plan_units(study, 2)
    assert site.start("--suggest").wait(60) == 0
    assert progress_of(study) == Counts(2, 0, 0, 0)
    stopped, done = tries_of(study)[0]
    assert stopped.params == done.params
    assert done.value == done.params["x"]


def test_an_error_that_is_caught_fails_its_unit_alone(site, caplog):
    def objective(trial, unit):
        if unit == 1:
            raise RuntimeError("the loss is not finite\nat step 3")
        return math.nan if unit == 2 else unit

    study = site.planned(4)
    work(study, objective)
    assert progress_of(study) == Counts(2, 0, 0, 2)
    errors = [trials[0].user_attrs.get("error") for trials in tries_of(study).values()]
    assert errors == [None, "the loss is not finite", "the objective is not a number", None]
    assert caplog.messages == [
        "unit 1 failed: the loss is not finite",
        "unit 2 failed: the objective is not a number",
    ]
    plan_units(study, 4)
    assert progress_of(study).done


def test_another_error_ends_the_worker_and_the_unit_can_be_planned_again(site):
    def objective(trial, unit):
        raise ValueError(f"unit {unit} makes no sense")

    study = site.planned(2)
    with pytest.raises(ValueError, match="unit 0 makes no sense"):
        work(study, objective)
    assert progress_of(study) == Counts(0, 0, 2, 0)
    plan_units(study, 2)
    work(study, lambda trial, unit: 1.0)
    assert progress_of(study) == Counts(2, 0, 0, 0)


@pytest.mark.parametrize("worst", [math.inf, -math.inf])
def test_a_diverged_point_is_the_worst_there_is_to_a_sampler_that_learns(site, worst):
    def objective(trial, unit):
        x = trial.suggest_float("x", 0, 1)
        return worst if x < 0.3 else x

    study = site.planned(15, optuna.samplers.TPESampler(n_startup_trials=5, seed=0))
    work(study, objective)
    assert progress_of(study) == Counts(15, 0, 0, 0)
    assert worst in {trial.value for trial in study.trials}


def give_up(study, trial):
    """Takes this process for dead, as another worker would."""
    study._storage.set_trial_state_values(trial._trial_id, state=TrialState.FAIL)
    queue_again(study, study.trials[trial.number])


@pytest.mark.parametrize("ending", ["returns", "reports", "raises"])
def test_a_worker_taken_for_dead_goes_on_and_its_late_result_does_not_count(site, ending):
    def objective(trial, unit):
        if unit == 0 and trial.number == 0:
            give_up(study, trial)
            if ending == "reports":
                trial.report(0.5, 0)
            if ending == "raises":
                raise RuntimeError("too late")
            return 7.0
        return unit

    study = site.planned(2)
    work(study, objective)
    assert complete(study) == {0: [0.0], 1: [1.0]}
    assert progress_of(study) == Counts(2, 0, 0, 0)


def test_ctrl_c_ends_a_worker_that_was_taken_for_dead_too(site):
    def objective(trial, unit):
        give_up(study, trial)
        raise KeyboardInterrupt

    study = site.planned(1)
    with pytest.raises(KeyboardInterrupt):
        work(study, objective)


def test_a_trial_whose_worker_died_before_its_first_heartbeat_is_found_dead(site):
    looks = []
    study = site.planned(1)
    study._storage.set_trial_state_values(study.trials[0]._trial_id, state=TrialState.RUNNING)
    work(study, lambda trial, unit: 1.0, on_wait=lambda: looks.append(progress_of(study)))
    assert progress_of(study) == Counts(1, 0, 0, 0)
    assert looks[0] == Counts(0, 1, 0, 0)


def test_the_unit_whose_rescuer_died_is_planned_again(site):
    study = site.planned(1)
    trial = study.trials[0]
    for state in (TrialState.RUNNING, TrialState.FAIL):
        study._storage.set_trial_state_values(trial._trial_id, state=state)
    assert state_of(study.trials).name == "STOPPED"
    plan_units(study, 1)
    work(study, lambda trial, unit: 1.0)
    assert progress_of(study) == Counts(1, 0, 0, 0)


def test_a_trial_beyond_the_plan_does_no_work(site):
    """As when another worker is faster at the last unit."""
    study = site.planned(1)
    work(study, lambda trial, unit: 1.0)
    working._work_once(study, lambda trial, unit: pytest.fail("it worked"), (RuntimeError,))
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "FAIL"]
    assert progress_of(study) == Counts(1, 0, 0, 0)
