"""What it costs that runs wait for the disk: runs that do, and runs that do not, in turn.

    python -m benchmarks.syncing

The MNIST experiment, and a population of 128 on the adding task, each in a folder of its own, with
checkpoints as often as by default. Every run compiles. One run before the pairs is not counted;
the ratio is the median of those of the pairs.
"""

import pathlib
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from unittest import mock

from absl import flags

from benchmarks.command import carry_out
from rnnjax import settings, sweeps
from rnnjax.lab import notebook
from rnnjax.runs import durable

_PAIRS = flags.DEFINE_integer("pairs", 5, "Pairs of runs.", lower_bound=1)
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
        timed(body, synced=True)  # imports, and whatever else is once
        pairs = []
        for pair in range(_PAIRS.value):
            order = (True, False) if pair % 2 else (False, True)
            found = {synced: timed(body, synced=synced) for synced in order}
            pairs.append((*found[True], found[False][0]))
        taken, waited, without = map(statistics.median, zip(*pairs, strict=True))
        ratios = sorted(synced / unsynced for synced, _, unsynced in pairs)
        print(
            f"{name}: {taken:.2f} s, of which {waited:.3f} s waiting for the disk; "
            f"without {without:.2f} s; ratio {statistics.median(ratios):.3f} "
            f"({ratios[0]:.3f} to {ratios[-1]:.3f} in {len(ratios)} pairs)",
            flush=True,
        )


def timed(body: Callable[[pathlib.Path], None], *, synced: bool) -> tuple[float, float]:
    """Returns how long a run took, and how long of that something waited for the disk, in seconds.

    Args:
        body: runs in a folder.
        synced: whether it waits at all.
    """
    folder = pathlib.Path(tempfile.mkdtemp(dir=_FOLDER.value))
    spans: list[tuple[float, float]] = []
    sync = durable._sync

    def wait(path: pathlib.Path) -> None:
        begin = time.perf_counter()
        if synced:
            sync(path)
        spans.append((begin, time.perf_counter()))

    begin = time.perf_counter()
    with mock.patch.object(durable, "_sync", wait):
        body(folder / "run")
    taken = time.perf_counter() - begin
    shutil.rmtree(folder)
    return taken, covered(spans)


def covered(spans: list[tuple[float, float]]) -> float:
    """Returns how long at least one of some spans lasted, since many wait at once."""
    total, until = 0.0, 0.0
    for begin, end in sorted(spans):
        total += max(end - max(begin, until), 0.0)
        until = max(until, end)
    return total


if __name__ == "__main__":
    sys.exit(carry_out(main))
