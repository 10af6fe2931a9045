"""What becomes of metrics: lines in folders, numbers on the screen, or the end of a run."""

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from rnnjax.training.recording import Recorder

Metrics = dict[str, Any]


class Lines(Protocol):
    """Where the lines of one run go; see `Recorder`."""

    def write(self, step: int, split: str, metrics: dict[str, float]) -> None:
        """Writes one line."""
        ...

    def write_speed(self, step: int, examples_per_second: float) -> None:
        """Writes how fast training is."""
        ...


class DivergedError(RuntimeError):
    """The loss is not a finite number any more."""


class Log(Protocol):
    """Where `fit` puts its numbers."""

    def write(self, step: int, split: str, metrics: Metrics) -> dict[str, float]:
        """Records metrics and returns those to show.

        Raises:
            DivergedError: if there is no use in going on.
        """
        ...

    def write_speed(self, step: int, examples_per_second: float) -> None:
        """Records how fast training is."""
        ...


class RunLog:
    """The log of one run, which ends when its loss is not finite."""

    def __init__(self, recorder: Lines, step: int = 0):
        self._recorder, self._step = recorder, step

    def write(self, step: int, split: str, metrics: Metrics) -> dict[str, float]:
        """Records a line, unless the loss is not finite."""
        values = {name: float(value) for name, value in metrics.items()}
        if not math.isfinite(values["loss"]):
            if split == "train":
                found = f"the loss is {values['loss']} between steps {self._step} and {step}"
            else:
                found = f"the {split} loss is {values['loss']} after step {step}"
            raise DivergedError(f"{found}: lower the learning rate or clip the gradients")
        self._step = step
        self._recorder.write(step, split, values)
        return values

    def write_speed(self, step: int, examples_per_second: float) -> None:
        """Records how fast training is."""
        self._recorder.write_speed(step, examples_per_second)


class PopulationLog:
    """The log of a population, of which some members may diverge; its metrics are `[E]`."""

    def __init__(self, recorders: Sequence[Recorder]):
        self._recorders = recorders

    def write(self, step: int, split: str, metrics: Metrics) -> dict[str, float]:
        """Records a line for each member, and returns the means over those that are finite."""
        fine = np.isfinite(metrics["loss"])
        for index, recorder in enumerate(self._recorders):
            recorder.write(step, split, {name: float(v[index]) for name, v in metrics.items()})
        if not fine.any():
            raise DivergedError(f"all {len(fine)} runs of the population have diverged by {step}")
        return {name: float(np.mean(values[fine])) for name, values in metrics.items()}

    def write_speed(self, step: int, examples_per_second: float) -> None:
        """Records how fast a member is trained, on an average."""
        for recorder in self._recorders:
            recorder.write_speed(step, examples_per_second / len(self._recorders))
