import concurrent.futures
import threading

import optuna
import pytest
from optuna.trial import TrialState

from rnnjax.sweeps.study import empty, has_heartbeat, open_queue, open_results
from rnnjax.sweeps.units import Counts, plan_units, progress_of, tries_of, unit_of


def test_planning_twice_adds_nothing_and_planning_more_adds_the_rest(site):
    queue = site.planned(3)
    plan_units(queue, 3)
    assert [unit_of(trial) for trial in queue.trials] == [0, 1, 2]
    plan_units(site.queue(), 5)
    assert [unit_of(trial) for trial in queue.trials] == [0, 1, 2, 3, 4]
    assert progress_of(queue) == Counts(0, 0, 5, 0)


def test_a_plan_cut_short_is_completed(site):
    queue = site.queue()
    for unit in (0, 1, 3):
        queue.enqueue_trial({}, user_attrs={"unit": unit})
    plan_units(queue, 5)
    assert [unit_of(trial) for trial in queue.trials] == [0, 1, 3, 2, 4]


def test_a_unit_given_up_without_a_verdict_is_planned_again(site):
    queue = site.planned(1)
    queue.optimize(lambda trial: float("nan"), n_trials=1)
    assert queue.trials[0].state is TrialState.FAIL
    assert progress_of(queue) == Counts(0, 0, 1, 0)
    plan_units(queue, 1)
    queue.optimize(lambda trial: 0.0, n_trials=1)
    assert progress_of(queue) == Counts(1, 0, 0, 0)
    assert progress_of(queue).done


def test_trials_of_no_unit_do_not_count(site):
    queue = site.planned(1)
    queue.optimize(lambda trial: 1.0, n_trials=3)
    assert len(queue.trials) == 3
    assert list(tries_of(queue)) == [0]
    assert progress_of(queue) == Counts(1, 0, 0, 0)


@pytest.mark.parametrize("site", ["study.db", "study.journal"], indirect=True)
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
        takers = list(pool.map(take_all, [site.queue()._storage, site.queue()._storage]))
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
        open_queue(storage, "sweep")
    text = str(caught.value)
    assert text.startswith("storage ")
    assert "\n" not in text
    assert "secret" not in text


def test_a_file_that_is_no_database_gets_one_line(tmp_path):
    for name in ("study.db", "study.journal"):
        for text in ("x", "a letter, not a database\n" * 100):
            (tmp_path / name).write_text(text)
            with pytest.raises(ValueError, match=f"{name} is another kind of file: nothing is"):
                open_queue(str(tmp_path / name), "sweep")
            assert (tmp_path / name).read_text() == text


@pytest.mark.parametrize(
    "name", ["a b.db", "50%.db", "{brace}.db", "why?x=1.db", "a#b.db", "a #?.journal"]
)
def test_a_file_may_have_any_name(tmp_path, name):
    queue = open_queue(str(tmp_path / name), "sweep")
    plan_units(queue, 2)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_study_that_goes_the_other_way_is_refused(tmp_path):
    storage = str(tmp_path / "study.db")
    open_results(storage, "sweep", higher_is_better=True)
    with pytest.raises(ValueError, match="study 'sweep' that maximises: choose another name"):
        open_results(storage, "sweep", higher_is_better=False)


@pytest.mark.parametrize("name", ["study.db", "study.journal"])
def test_emptying_a_study_leaves_the_other_one_and_what_is_said_of_it(tmp_path, name):
    storage = str(tmp_path / name)
    results = open_results(storage, "sweep", higher_is_better=True)
    results.set_user_attr("workdir", "here")
    results.add_trial(optuna.create_trial(value=1.0))
    queue = open_queue(storage, "sweep")
    plan_units(queue, 2)
    empty(results)
    results.add_trial(optuna.create_trial(value=2.0))
    again = open_results(storage, "sweep", higher_is_better=True)
    assert [trial.value for trial in again.trials] == [2.0]
    assert again.user_attrs == {"workdir": "here"}
    assert len(open_queue(storage, "sweep").trials) == 2
    assert has_heartbeat(queue) == (name == "study.db")
    assert not has_heartbeat(results)


def test_opening_says_nothing(site, capfd):
    site.planned(2)
    assert capfd.readouterr() == ("", "")
