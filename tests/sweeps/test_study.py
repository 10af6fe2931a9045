import concurrent.futures
import threading

import optuna
import pytest
from optuna.trial import TrialState

from rnnjax.sweeps.study import Heartbeat, open_study
from rnnjax.sweeps.units import Counts, plan_units, progress_of, tries_of, unit_of


def test_planning_twice_adds_nothing_and_planning_more_adds_the_rest(site):
    study = site.planned(3)
    plan_units(study, 3)
    assert [unit_of(trial) for trial in study.trials] == [0, 1, 2]
    plan_units(site.study(), 5)
    assert [unit_of(trial) for trial in study.trials] == [0, 1, 2, 3, 4]
    assert progress_of(study) == Counts(0, 0, 5, 0)


def test_a_plan_cut_short_is_completed(site):
    study = site.study()
    for unit in (0, 1, 3):
        study.enqueue_trial({}, user_attrs={"unit": unit})
    plan_units(study, 5)
    assert [unit_of(trial) for trial in study.trials] == [0, 1, 3, 2, 4]


def test_a_unit_given_up_without_a_verdict_is_planned_again_as_it_was(site):
    study = site.study()
    study.enqueue_trial({"x": 0.125}, user_attrs={"unit": 0})
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1) * float("nan"), n_trials=1)
    assert study.trials[0].state is TrialState.FAIL
    assert progress_of(study) == Counts(0, 0, 1, 0)
    plan_units(study, 1)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    assert study.best_params == {"x": 0.125}
    assert progress_of(study) == Counts(1, 0, 0, 0)
    assert progress_of(study).done


def test_trials_of_no_unit_do_not_count(site):
    study = site.planned(1)
    study.optimize(lambda trial: 1.0, n_trials=3)
    assert len(study.trials) == 3
    assert list(tries_of(study)) == [0]
    assert progress_of(study) == Counts(1, 0, 0, 0)


def test_a_pruned_unit_is_finished(site):
    def prune(trial):
        raise optuna.TrialPruned

    study = site.planned(1)
    study.optimize(prune, n_trials=1)
    assert progress_of(study) == Counts(1, 0, 0, 0)


def test_of_two_workers_that_reach_for_a_unit_at_once_one_gets_it(site):
    trials = site.planned(40).trials
    together = threading.Barrier(2)

    def take_all(storage):
        taken = []
        for trial in trials:
            together.wait(60)
            taken.append(storage.set_trial_state_values(trial._trial_id, TrialState.RUNNING))
        return taken

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        takers = list(pool.map(take_all, [site.study()._storage, site.study()._storage]))
    assert [sum(taken) for taken in zip(*takers, strict=True)] == [1] * 40


@pytest.mark.parametrize(
    ("storage", "message"),
    [
        ("none/study.db", "unable to open database file"),
        ("nosuch://host/name", "Can't load plugin"),
        ("sqlite://", "the memory of one process: name a file"),
        ("sqlite:///:memory:", "the memory of one process: name a file"),
        ("post gres://me:secret@host/name", "storage post gres://... is no database URL"),
        ("postgresql://me:secret@host:port/name", r"storage postgresql://\.\.\. is no database"),
        ("mysql+nosuch://me:secret@host/name", r"storage mysql\+nosuch://me:\*\*\*@host/name "),
    ],
)
def test_a_bad_storage_gets_one_line_without_the_password(tmp_path, monkeypatch, storage, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message) as caught:
        open_study(storage, "units", higher_is_better=True)
    text = str(caught.value)
    assert text.startswith("storage ")
    assert "\n" not in text
    assert "secret" not in text


def test_a_file_that_is_no_database_gets_one_line(tmp_path):
    for text in ("x", "a letter, not a database\n" * 100):
        (tmp_path / "study.db").write_text(text)
        with pytest.raises(ValueError, match=r"study\.db is another kind of file: nothing is"):
            open_study(str(tmp_path / "study.db"), "units", higher_is_better=True)
        assert (tmp_path / "study.db").read_text() == text


@pytest.mark.parametrize("name", ["a b.db", "50%.db", "{brace}.db", "why?x=1.db", "a#b.db"])
def test_a_file_may_have_any_name(tmp_path, name):
    study = open_study(str(tmp_path / name), "units", higher_is_better=True)
    plan_units(study, 2)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_study_that_goes_the_other_way_is_refused(site):
    site.planned(1)
    with pytest.raises(ValueError, match="study 'units' that maximises: choose another name"):
        open_study(
            str(site.folder / "study.db"),
            "units",
            higher_is_better=False,
            heartbeat=Heartbeat(1, 2),
        )


def test_opening_says_nothing(site, capfd):
    site.planned(2)
    assert capfd.readouterr() == ("", "")
