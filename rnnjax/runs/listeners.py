"""What watches a run that is written: records, checkpoints, the screen."""

import pathlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import jax
import numpy as np

from rnnjax.runs import interrupts, leaves
from rnnjax.runs.checkpoint import Checkpoints
from rnnjax.runs.durable import sync
from rnnjax.runs.keeping import as_tree
from rnnjax.runs.progress import Progress
from rnnjax.runs.recording import Recorder
from rnnjax.runs.workdir import LostWorkdirError, lock_of
from rnnjax.training.loop import Listener, Moment
from rnnjax.training.plan import Plan


class Sink(Protocol):
    """Where the numbers of one member go: a `Recorder`, TensorBoard, Weights & Biases."""

    def write(self, step: int, split: str, metrics: dict[str, float]) -> None:
        """Writes one line."""
        ...

    def write_speed(self, step: int, examples_per_second: float) -> None:
        """Writes how fast training is."""
        ...


class Guarding(Listener):
    """Ends a run whose folders are no longer those that it has locked, before it writes to them.

    Somebody may move or remove a folder, and begin another run in one of its name.

    Args:
        folders: that are written.
    """

    def __init__(self, folders: Sequence[pathlib.Path]):
        self._locks = {folder: lock_of(folder) for folder in folders}

    def logged(self, moment: Moment) -> None:
        """Looks after each folder.

        Raises:
            LostWorkdirError: if one is another.
        """
        for folder, lock in self._locks.items():
            if lock_of(folder) != lock:
                raise LostWorkdirError(
                    f"workdir {folder} was moved or removed while its run was training"
                )

    def evaluated(self, moment: Moment) -> None:
        """Looks after each folder, as `logged` does."""
        self.logged(moment)


class Recording(Listener):
    """Writes the metrics of each member that is still here.

    Args:
        recorders: of each member.
        sinks: to which its metrics go, the recorder among them.
    """

    def __init__(self, recorders: Sequence[Recorder], sinks: Sequence[Sequence[Sink]]):
        self._recorders, self._sinks = recorders, sinks

    @property
    def digests(self) -> list[str]:
        """Of the lines of each member so far."""
        return [recorder.digest for recorder in self._recorders]

    def sync(self) -> None:
        """Waits until the lines are on the disk."""
        sync(*(recorder.path for recorder in self._recorders))

    def logged(self, moment: Moment) -> None:
        """Writes the means over training."""
        self._write(moment, ["train"])
        speed = moment.examples_per_second / max(int(np.sum(moment.here)), 1)
        for index in _here(moment):
            for sink in self._sinks[index]:
                sink.write_speed(moment.step, speed)

    def evaluated(self, moment: Moment) -> None:
        """Writes what the evaluation has found."""
        self._write(moment, moment.held_out)

    def _write(self, moment: Moment, parts: Sequence[str]) -> None:
        for index in _here(moment):
            for part in parts:
                found = moment.of(index, part)
                for sink in self._sinks[index]:
                    sink.write(moment.step, part, found)


def _here(moment: Moment) -> list[int]:
    return np.flatnonzero(moment.here).tolist()


class Keeping(Listener):
    """Saves all that members are after each evaluation, once its lines are written.

    Beside it the position of a task that the host feeds, as `position` returns it, and the digests
    of the lines. A run that is told to end does so after a save, and need not wait for an
    evaluation.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        recording: Recording,
        position: Callable[[], dict[str, Any]],
        plan: Plan,
    ):
        self._checkpoints, self._recording = checkpoints, recording
        self._position, self._plan = position, plan

    def logged(self, moment: Moment) -> None:
        """Saves if the run is to end here."""
        # Not where it evaluates: who goes on from there would not. And of several processes the
        # others would have to know that they are asked for their parts.
        here = not self._plan.evaluates_at(moment.step) and jax.process_count() == 1
        if here and interrupts.asked() is not None:
            self._save(moment)

    def evaluated(self, moment: Moment) -> None:
        """Saves."""
        self._save(moment)

    def _save(self, moment: Moment) -> None:
        digests = self._recording.digests
        tree = as_tree(moment.members, alone=len(digests) == 1)
        self._recording.sync()  # what a checkpoint stands for, a power cut has to leave as well
        extra = {"position": self._position(), "metrics": digests}
        self._checkpoints.save(moment.step, tree, extra)
        interrupts.end_if_asked(moment.step)


class Giving(Listener):
    """Takes the place of `Keeping` in a process that writes nothing: it gives the parts it has."""

    def evaluated(self, moment: Moment) -> None:
        """Sends what the first process saves."""
        leaves.to_host(as_tree(moment.members, alone=True))
        interrupts.end_if_asked(moment.step)


class Showing(Listener):
    """Moves the progress bar."""

    def __init__(self, progress: Progress):
        self._progress = progress

    def logged(self, moment: Moment) -> None:
        """Shows the means over training and members."""
        self._progress.logged(moment.step, moment.mean("train"), moment.examples_per_second)

    def evaluated(self, moment: Moment) -> None:
        """Shows what the evaluation has found."""
        self._progress.evaluated(moment.step, {part: moment.mean(part) for part in moment.metrics})
