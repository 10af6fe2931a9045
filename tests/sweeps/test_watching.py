import io
import os
import re
import signal
import subprocess

import pytest
from rich.console import Console

from rnnjax.sweeps.units import Counts, plan_units, progress_of, unit_of
from rnnjax.sweeps.watching import Ending, watch
from tests.sweeps.conftest import until


class Scripted:
    """A worker that ends after some looks."""

    output = "workers/worker-0.log"

    def __init__(self, looks, code=0):
        self.looks, self.code, self.stops = looks, code, 0

    def poll(self):
        self.looks -= 1
        return self.code if self.looks < 0 else None

    def stop(self):
        self.stops += 1
        self.looks = 0

    def kill(self):
        raise AssertionError("it has ended already")


def drawn(width=200):
    return Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)


def test_it_is_quiet_without_a_terminal_and_ends_with_the_workers(site, capfd):
    study = site.planned(2)
    study.optimize(lambda trial: 1.0, n_trials=1)
    assert watch([Scripted(2)], study, look_seconds=0.01) == Ending(Counts(1, 0, 1, 0), died=0)
    assert capfd.readouterr() == ("", "")


def test_a_dead_worker_is_told_once_with_its_log(site, capfd):
    workers = [Scripted(1, -9), Scripted(9, 1), Scripted(5)]
    ending = watch(workers, site.planned(1), look_seconds=0.01)
    assert ending == Ending(Counts(0, 0, 1, 0), died=2)
    wanted = [
        "worker 0 was killed by signal 9: see workers/worker-0.log",
        "worker 1 ended with exit code 1: see workers/worker-0.log",
    ]
    assert capfd.readouterr().err.splitlines() == wanted


def test_a_bar_shows_units_best_value_and_what_runs(site):
    study = site.planned(3)
    study.optimize(lambda trial: 0.5 + trial.number, n_trials=2)
    console = drawn()
    watch(
        [Scripted(1), Scripted(3)], study, "space", look_seconds=0.01, console=console, enabled=True
    )
    lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", console.file.getvalue())
    assert re.search(r"space .*2/3 best 1.500 0 running 0 workers", lines)


def test_workers_that_do_not_end_when_all_is_done_are_stopped(site, monkeypatch):
    monkeypatch.setattr("rnnjax.sweeps.watching._END_SECONDS", 0.05)
    study = site.planned(1)
    study.optimize(lambda trial: 1.0, n_trials=1)
    worker = Scripted(10**9)
    assert watch([worker], study, look_seconds=0.01) == Ending(Counts(1, 0, 0, 0), died=0)
    assert worker.stops == 1


@pytest.mark.filterwarnings("ignore:Heartbeat of storage")  # which `ask` has not
def test_ctrl_c_stops_the_workers(site):
    class Interrupted(Scripted):
        def poll(self):
            if not self.stops:
                raise KeyboardInterrupt
            return 130

    study = site.planned(1)
    for _ in range(3):  # oftener than a unit may kill its worker
        worker = Interrupted(0)
        study.ask()  # what it was doing when it was stopped, too busy to say so
        with pytest.raises(KeyboardInterrupt):
            watch([worker], study)
        assert worker.stops == 1
        assert progress_of(study) == Counts(0, 0, 1, 0)
        plan_units(study, 1)
    assert unit_of(study.ask()) == 0


def test_after_the_death_of_launcher_and_workers_no_finished_unit_is_done_again(site):
    launcher = site.start("--launch=8", "--hold=4")
    holder = site.held()
    os.kill(launcher.pid, signal.SIGKILL)
    assert launcher.wait() == -9
    study = site.study()
    until(lambda: progress_of(study) == Counts(7, 1, 0, 0))  # the workers outlive it
    os.kill(holder, signal.SIGKILL)
    again = subprocess.run(site.argv("--launch=8"), capture_output=True, text=True, check=True)
    assert (again.stdout, again.stderr) == (f"{Ending(Counts(8, 0, 0, 0), died=0)}\n", "")
    assert progress_of(study) == Counts(8, 0, 0, 0)
    assert site.begun() == sorted([*range(8), 4])
