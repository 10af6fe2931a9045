import os
import signal
import socket
import subprocess
import sys

import pytest
from optuna.trial import TrialState

from rnnjax.sweeps import workers
from rnnjax.sweeps.study import open_queue
from rnnjax.sweeps.units import Counts, plan_units, progress_of
from rnnjax.sweeps.workers import Watchdog, WorkerState, own_name, release_of, state_of_worker


@pytest.fixture
def queue(tmp_path):
    """A queue without a heartbeat."""
    queue = open_queue(str(tmp_path / "study.journal"), "sweep")
    plan_units(queue, 2)
    return queue


def take(queue, name=None):
    """Takes a unit, as a worker of this name does that then dies."""
    trial = queue.ask()
    if name is not None:
        trial.set_user_attr("worker", name)
    return trial


def test_a_process_of_this_machine_lives_until_it_ends_and_is_not_another_of_its_number():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = workers._started(process.pid)
    name = f"{socket.gethostname()}/{process.pid}/{started}"
    assert state_of_worker(name) is WorkerState.LIVES
    assert state_of_worker(f"{socket.gethostname()}/{process.pid}/12") is WorkerState.DIED
    assert state_of_worker(f"elsewhere/{process.pid}/{started}") is WorkerState.DIED
    os.kill(process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert state_of_worker(name) is WorkerState.DIED  # before anybody has asked how it ended
    process.communicate()
    assert state_of_worker(name) is WorkerState.DIED


@pytest.mark.parametrize(
    ("said", "state"),
    [
        *[(word, "LIVES") for word in ("PENDING", "RUNNING", "COMPLETING", "UNKNOWN", "REQUEUED")],
        *[(word, "STOPPED") for word in ("TIMEOUT", "PREEMPTED", "CANCELLED by 1000", "NODE_FAIL")],
        *[(word, "DIED") for word in ("FAILED", "OUT_OF_MEMORY", "COMPLETED")],
    ],
)
def test_what_slurm_says_of_a_job(monkeypatch, said, state):
    asked = []
    monkeypatch.setattr(
        "submitit.SlurmJob.watcher.get_state", lambda job: (asked.append(job), said)[1]
    )
    assert state_of_worker("slurm/12_3").name == state
    assert asked == ["12_3"]


def test_a_unit_whose_worker_died_is_tried_twice_and_what_was_stopped_does_not_count(
    queue, monkeypatch
):
    states = {"slurm/1": "TIMEOUT", "slurm/2": "FAILED", "slurm/3": "RUNNING"}
    monkeypatch.setattr("submitit.SlurmJob.watcher.get_state", lambda job: states[f"slurm/{job}"])
    take(queue, own_name())
    for worker, left in [
        *[("slurm/1", Counts(0, 1, 1, 0))] * 3,
        ("slurm/2", Counts(0, 1, 1, 0)),
        ("slurm/2", Counts(0, 1, 0, 1)),
    ]:
        take(queue, worker)
        assert Watchdog(queue).look() == 1
        assert progress_of(queue) == left


def test_a_worker_that_is_known_to_have_ended_is_dead_whatever_slurm_says(queue, monkeypatch):
    monkeypatch.setattr("submitit.SlurmJob.watcher.get_state", lambda job: "RUNNING")
    take(queue, "slurm/3")
    watchdog = Watchdog(queue)
    assert watchdog.look() == 0
    assert watchdog.look(frozenset({"slurm/3"})) == 1


def test_a_worker_that_never_said_its_name_is_dead_after_a_while(queue, monkeypatch):
    take(queue)
    watchdog = Watchdog(queue)
    assert watchdog.look() == 0
    monkeypatch.setattr(workers, "_NAMELESS_SECONDS", 0)
    assert watchdog.look() == 1
    assert progress_of(queue) == Counts(0, 0, 2, 0)


def test_a_job_that_slurm_has_started_anew_gives_back_what_it_was_doing(queue, monkeypatch):
    monkeypatch.setenv("RNNJAX_WORKER", "slurm/7_1")
    first, other = take(queue, "slurm/7_1"), take(queue, "slurm/7_2")
    release_of(queue, own_name())
    states = {trial.number: trial.state for trial in queue.trials}
    assert (states[first.number], states[other.number]) == (TrialState.FAIL, TrialState.RUNNING)
    assert progress_of(queue) == Counts(0, 1, 1, 0)
