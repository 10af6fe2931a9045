"""What watches a run that is written: records, checkpoints, the screen."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from rnnjax.runs import leaves
from rnnjax.runs.checkpoint import Checkpoints
from rnnjax.runs.keeping import as_tree
from rnnjax.runs.progress import Progress
from rnnjax.training.loop import Listener, Moment


class Sink(Protocol):
    """Where the numbers of one member go: a `Recorder`, TensorBoard, Weights & Biases."""

    def write(self, step: int, split: str, metrics: dict[str, float]) -> None:
        """Writes one line."""
        ...

    def write_speed(self, step: int, examples_per_second: float) -> None:
        """Writes how fast training is."""
        ...


class Recording(Listener):
    """Writes the metrics of each member that is still here."""

    def __init__(self, sinks: Sequence[Sequence[Sink]]):
        self._sinks = sinks

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

    Beside it the position of a task that the host feeds, as `position` returns it.
    """

    def __init__(
        self, checkpoints: Checkpoints, position: Callable[[], dict[str, Any]], *, alone: bool
    ):
        self._checkpoints, self._position, self._alone = checkpoints, position, alone

    def evaluated(self, moment: Moment) -> None:
        """Saves."""
        tree = as_tree(moment.members, alone=self._alone)
        self._checkpoints.save(moment.step, tree, {"position": self._position()})


class Giving(Listener):
    """Takes the place of `Keeping` in a process that writes nothing: it gives the parts it has."""

    def evaluated(self, moment: Moment) -> None:
        """Sends what the first process saves."""
        leaves.to_host(as_tree(moment.members, alone=True))


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
