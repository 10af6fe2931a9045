"""What it costs that runs wait for the disk: runs that do, and runs that do not, in turn.

    python -m benchmarks.syncing

The MNIST experiment, and a population of 128 on the adding task, each in a folder of its own, with
checkpoints as often as by default. Every run compiles; the ratio is that of the medians.
"""

import pathlib
import shutil
import statistics
import sys
import tempfile
import time
from unittest import mock

from absl import flags

from benchmarks.command import carry_out
from rnnjax import settings, sweeps
from rnnjax.lab import notebook
from rnnjax.runs import durable

_PAIRS = flags.DEFINE_integer("pairs", 3, "Pairs of runs.", lower_bound=1)
_STEPS = flags.DEFINE_integer("steps", 1000, "Updates of a run.", lower_bound=1)
_FOLDER = flags.DEFINE_string("folder", None, "Where runs are written; by default a temporary one.")

_MEMBERS = 128


def one_run(folder: pathlib.Path) -> None:
    """Trains on digits."""
    notebook.run("mnist_rnn", workdir=folder, figures=False, steps=_STEPS.value)


def population(folder: pathlib.Path) -> None:
    """Trains seeds in one program."""
    values = {"cell": "GRU(16)", "length": 20, "steps": _STEPS.value, "batch_size": 32}
    small = settings.settings_of("adding").replace(**values)
    sweeps.run(small, f"seed=0:{_MEMBERS}", workdir=folder)


def main() -> None:
    """Times both, in turn, and prints their ratio."""
    for name, body in {"mnist_rnn": one_run, f"population of {_MEMBERS}": population}.items():
        seconds: dict[bool, list[float]] = {True: [], False: []}
        for pair in range(_PAIRS.value):
            for synced in (True, False) if pair % 2 else (False, True):
                folder = pathlib.Path(tempfile.mkdtemp(dir=_FOLDER.value))
                begin = time.perf_counter()
                if synced:
                    body(folder / "run")
                else:
                    with mock.patch.object(durable, "_sync"):
                        body(folder / "run")
                seconds[synced].append(time.perf_counter() - begin)
                shutil.rmtree(folder)
        with_, without = (statistics.median(seconds[synced]) for synced in (True, False))
        print(f"{name}: {with_:.2f} s, without {without:.2f} s, {with_ / without:.3f}", flush=True)


if __name__ == "__main__":
    sys.exit(carry_out(main))
