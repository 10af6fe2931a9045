"""Sweeps by two workers as processes of their own: started, ended at random moments, compared."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

import jax
import numpy as np

from rnnjax.runs.checkpoint import Checkpoints, read_checkpoint

# A shell's background job ignores it, and so would what the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = pathlib.Path(__file__).parents[2]
WORDS = (
    "--experiment=adding",
    "--cell=Elman(2)",
    "--steps=6000",  # so that both workers have come before all is done
    "--batch_size=4",
    "--log_every=50",
    "--eval_every=200",
    "--schedule=constant",
    "--sweep=length=3,4,5,6;seed=0:2",  # four programs, each a population of two
    "--workers=2",
)
ENV = os.environ | {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1", "JAX_ENABLE_COMPILATION_CACHE": "true"}


class Swept:
    """A folder in which a sweep is run, any number of times.

    Args:
        home: gets the sweep, its `sw`.
        cache: of compiled programs, for all.
    """

    def __init__(self, home, cache):
        self.folder = home / "sw"
        self._argv = (sys.executable, str(ROOT / "launch.py"), *WORDS)
        self._argv += (f"--workdir={self.folder}", f"--compilation_cache={cache}")
        self.log = home / "log"

    def start(self, *words):
        with self.log.open("ab") as log:
            return subprocess.Popen((*self._argv, *words), env=ENV, stdout=log, stderr=log)

    def finish(self, *words):
        """Runs it until it ends by itself; returns the exit code."""
        return self.start(*words).wait(600)

    def workers(self):
        """Returns the workers that live, by their numbers."""
        # However wide the screen is said to be, lines are whole.
        said = subprocess.run(("ps", "-axwwo", "pid=,args="), capture_output=True, text=True)
        found = {}
        for line in said.stdout.splitlines():
            if f"--workdir={self.folder}" in line and "--sweep_worker=" in line:
                found[int(line.rpartition("--sweep_worker=")[2].split()[0])] = int(line.split()[0])
        return found

    def wait(self, launcher, condition, seconds=300):
        """Waits for something, or until the launcher ends; says whether it came."""
        deadline = time.monotonic() + seconds
        while not condition():
            if launcher.poll() is not None:
                return False
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.01)
        return True

    def wait_for_workers(self):
        """Waits until no worker lives."""
        deadline = time.monotonic() + 300
        while self.workers():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.2)

    def lines(self):
        """Returns how many lines of metrics all points have."""
        return sum(f.read_bytes().count(b"\n") for f in self.folder.glob("points/*/metrics.jsonl"))

    def left(self):
        """Returns what each point has left, and the table without times and places."""
        found = {}
        for point in sorted(p for p in self.folder.glob("points/*") if p.is_dir()):
            with Checkpoints(point / "checkpoints") as kept:
                found[point.name, "steps"] = kept.steps()
            found[point.name, "metrics"] = (point / "metrics.jsonl").read_bytes()
            tree = read_checkpoint(point / "checkpoints")[1]
            leaves = jax.tree.leaves_with_path(tree)
            found[point.name, "bits"] = {str(k): np.asarray(x).tobytes() for k, x in leaves}
        rows = (self.folder / "sweep.csv").read_text().splitlines()
        names = rows[0].split(",")
        own = [i for i, name in enumerate(names) if name not in ("seconds", "folder", "command")]
        found["table"] = [[row.split(",")[i] for i in own] for row in rows]
        found["units"] = list((self.folder / "units").iterdir())
        return found


def end(process_id, number):
    """Sends a signal to a process that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process_id, number)
