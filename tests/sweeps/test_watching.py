import io
import os
import re
import signal
import subprocess

import pytest
from rich.console import Console

from rnnjax.sweeps.progress import SweepProgress
from rnnjax.sweeps.units import Counts, plan_units, progress_of, unit_of
from rnnjax.sweeps.watching import Ending, Replacing, watch
from rnnjax.sweeps.workers import own_name
from rnnjax.sweeps.working import work
from tests.sweeps.conftest import until


class Scripted:
    """A worker that ends after some looks."""

    output, name = "workers/worker-0.log", None

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


def watched(workers, queue, best=lambda: None, show=False, width=200, replacing=None):
    """Watches with quick looks; returns how that ended, and what was shown."""
    file = io.StringIO()
    console = Console(file=file, force_terminal=show, width=width, color_system=None)
    with SweepProgress("space sweep", show, console) as progress:
        options = {"best": best, "replacing": replacing, "look_seconds": 0.01}
        ending = watch(workers, queue, progress, **options)
    return ending, re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", file.getvalue())


def test_a_line_is_printed_whenever_a_unit_ends_and_the_watch_with_the_workers(site):
    class Working(Scripted):
        def poll(self):
            if self.looks in (4, 2):
                queue.optimize(lambda trial: 1.0, n_trials=1)
            return super().poll()

    queue = site.planned(3)
    ending, shown = watched([Working(5)], queue, best=lambda: 0.25)
    assert ending == Ending(Counts(2, 0, 1, 0), died=0)
    lines = [re.sub(r"\d:\d\d left", "TIME left", line) for line in shown.splitlines()]
    text = "space sweep: {} of 3 programs, best 0.2500, 0 running, 1 workers, TIME left"
    assert lines == [text.format(1), text.format(2)]


def test_a_dead_worker_is_told_once_with_its_log(site):
    workers = [Scripted(1, -9), Scripted(9, 1), Scripted(5), Scripted(12, 143)]
    ending, shown = watched(workers, site.planned(1))
    assert ending == Ending(Counts(0, 0, 1, 0), died=3)
    assert shown.splitlines() == [
        "worker 0 was killed by signal 9: see workers/worker-0.log",
        "worker 1 ended with exit code 1: see workers/worker-0.log",
        "worker 3 was told to end, by signal 15: others may go on",
    ]


def test_another_takes_the_place_of_a_killed_worker_until_it_is_in_vain(site):
    started = []

    def start(number):
        started.append(number)
        return Scripted(1, -9)

    workers = [Scripted(1, -9), Scripted(30, 1)]  # one that ends by itself would do so again
    ending, shown = watched(workers, site.planned(1), replacing=Replacing(start))
    assert started == [0] * 3
    assert ending == Ending(Counts(0, 0, 1, 0), died=5)
    assert shown.splitlines().count("worker 0 is started again") == 3


def test_a_unit_that_has_ended_lets_more_killed_workers_be_replaced(site):
    queue, started = site.planned(3), []

    def start(number):
        started.append(number)
        if len(started) in (2, 4):
            queue.optimize(lambda trial: 1.0, n_trials=1)
        return Scripted(1, -9)

    watched([Scripted(1, -9)], queue, replacing=Replacing(start))
    assert len(started) == 4 + 3


def test_nobody_takes_the_place_of_a_killed_worker_when_all_is_done(site):
    queue = site.planned(1)
    work(queue, lambda unit, saved: None)
    ending, _ = watched([Scripted(1, -9)], queue, replacing=Replacing(lambda number: 1 / 0))
    assert ending == Ending(Counts(1, 0, 0, 0), died=1)


@pytest.mark.parametrize("site", ["study.journal"], indirect=True)
def test_what_a_worker_did_that_was_told_to_end_is_queued_again_and_counts_as_no_try(site):
    queue = site.planned(1)
    for _ in range(3):  # oftener than a unit may kill its worker
        worker = Scripted(1, 143)
        worker.name = own_name()  # which lives, as far as is known
        queue.ask().set_user_attr("worker", worker.name)
        assert watched([worker], queue)[0].counts == Counts(0, 0, 1, 0)
    assert unit_of(queue.ask()) == 0


def test_workers_that_do_not_end_when_all_is_done_are_stopped(site, monkeypatch):
    monkeypatch.setattr("rnnjax.sweeps.watching._END_SECONDS", 0.05)
    queue = site.planned(1)
    work(queue, lambda unit, saved: None)
    worker = Scripted(10**9)
    assert watched([worker], queue)[0] == Ending(Counts(1, 0, 0, 0), died=0)
    assert worker.stops == 1


@pytest.mark.filterwarnings("ignore:Heartbeat of storage")  # which `ask` has not
def test_ctrl_c_stops_the_workers(site):
    class Interrupted(Scripted):
        def poll(self):
            if not self.stops:
                raise KeyboardInterrupt
            return 130

    queue = site.planned(1)
    for _ in range(3):  # oftener than a unit may kill its worker
        worker = Interrupted(0)
        queue.ask()  # what it was doing when it was stopped, too busy to say so
        with pytest.raises(KeyboardInterrupt):
            watched([worker], queue)
        assert worker.stops == 1
        assert progress_of(queue) == Counts(0, 0, 1, 0)
        plan_units(queue, 1)
    assert unit_of(queue.ask()) == 0


@pytest.mark.full
def test_after_the_death_of_launcher_and_workers_no_finished_unit_is_done_again(site):
    launcher = site.start("--launch=8", "--hold=4")
    holder = site.held()
    os.kill(launcher.pid, signal.SIGKILL)
    assert launcher.wait() == -9
    queue = site.queue()
    until(lambda: progress_of(queue) == Counts(7, 1, 0, 0))  # the workers outlive it
    os.kill(holder, signal.SIGKILL)
    again = subprocess.run(site.argv("--launch=8"), capture_output=True, text=True, check=True)
    assert again.stdout == f"{Ending(Counts(8, 0, 0, 0), died=0)}\n"
    assert progress_of(queue) == Counts(8, 0, 0, 0)
    assert site.begun() == sorted([*range(8), 4])


@pytest.mark.parametrize("site", ["study.journal"], indirect=True)
@pytest.mark.full
def test_without_a_heartbeat_the_launcher_gives_a_dead_worker_s_unit_to_the_other(site):
    launcher = site.start("--launch=6", "--hold=3")
    os.kill(site.held(), signal.SIGKILL)
    assert launcher.wait(60) == 0
    assert progress_of(site.queue()) == Counts(6, 0, 0, 0)
    assert site.begun() == sorted([*range(6), 3])
