"""Folders with a planned queue, and workers in processes of their own."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from rnnjax.sweeps.study import Heartbeat, open_queue
from rnnjax.sweeps.units import plan_units

# A shell's background job ignores it, and so would the workers that the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

WORKER = pathlib.Path(__file__).with_name("unit_worker.py")
ROOT = WORKER.parents[2]


class Site:
    """A folder in which workers work."""

    def __init__(self, folder: pathlib.Path, storage="study.db"):
        self.folder, self.storage = folder, storage
        self.processes = []

    def queue(self):
        return open_queue(str(self.folder / self.storage), "sweep", heartbeat=Heartbeat(1, 2))

    def planned(self, count):
        queue = self.queue()
        plan_units(queue, count)
        return queue

    def argv(self, *options):
        return (sys.executable, str(WORKER), str(self.folder / self.storage), *options)

    def start(self, *options):
        process = subprocess.Popen(self.argv(*options))
        self.processes.append(process)
        return process

    def begun(self):
        return sorted(int(line) for line in (self.folder / "begun.txt").read_text().split())

    def held(self):
        """Returns the process that holds its unit, as soon as one does."""
        until(lambda: (self.folder / "held").exists())
        return int((self.folder / "held").read_text())


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


@pytest.fixture
def site(tmp_path, monkeypatch, request):
    """A folder for a study; what was started in it is ended with the test."""
    path = (str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, path)))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    site = Site(tmp_path, getattr(request, "param", "study.db"))
    yield site
    for process in site.processes:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()


@pytest.fixture
def formula(monkeypatch):
    """A training that only writes what a formula says, without a report."""
    from tests.sweeps.small import Formula

    training = Formula()
    monkeypatch.setattr("rnnjax.sweeps.unit.train", training)
    monkeypatch.setattr("rnnjax.sweeps.opened.write_report", lambda folder: None)
    return training
