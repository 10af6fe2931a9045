"""A run's numbers in Weights & Biases."""

import contextlib
import importlib
import math
import os
import pathlib
import secrets
from typing import Any

from rnnjax.runs.durable import write_text
from rnnjax.runs.workdir import folder_of

_FILE = "wandb_id.txt"


class WeightsAndBiases(contextlib.AbstractContextManager["WeightsAndBiases"]):
    """Sends a run's metrics to Weights & Biases, as far as they are finite.

    A run that is resumed in its folder goes on as the same run there. What the process before sent
    after its last checkpoint is sent again, with equal values at equal steps.

    Args:
        workdir: the run's folder; the run's identity is kept in it.
        project: the project to which the run belongs.
        name: what the run is called there; None for the folder's name.
        config: the run's settings.

    Raises:
        ValueError: the package `wandb` is not installed.

    Example:
        >>> with WeightsAndBiases("runs/mnist", project="rnn") as sent:  # doctest: +SKIP
        ...     sent.write(200, "train", {"loss": 0.12, "accuracy": 0.97})
    """

    def __init__(
        self,
        workdir: str | os.PathLike[str],
        *,
        project: str,
        name: str | None = None,
        config: dict[str, Any] | None = None,
    ):
        try:
            wandb = importlib.import_module("wandb")  # 1 s
        except ModuleNotFoundError as error:
            raise ValueError("Weights & Biases needs its package: pip install wandb") from error
        folder = folder_of(workdir)
        self._run = wandb.init(
            project=project,
            name=name or folder.name,
            id=_run_id(folder / _FILE),
            resume="allow",
            dir=str(folder),
            config=config,
        )
        # Its own count of steps only rises, and would refuse what a resumed run sends again.
        self._run.define_metric("step", hidden=True)
        self._run.define_metric("*", step_metric="step")

    def __exit__(self, *error: object) -> None:
        self._run.finish(exit_code=int(any(error)))

    def write(self, step: int, split: str, metrics: dict[str, float]) -> None:
        """Adds a point to the curve `split/name` of each metric that is a finite number.

        Args:
            step: the number of updates done.
            split: what was measured, such as "train" or "test".
            metrics: by name.
        """
        finite = {f"{split}/{k}": float(v) for k, v in metrics.items() if math.isfinite(v)}
        if finite:
            self._run.log({"step": int(step), **finite})

    def write_speed(self, step: int, examples_per_second: float) -> None:
        """Adds a point to the curve of the speed.

        Args:
            step: the number of updates done.
            examples_per_second: the speed since the last time.
        """
        self.write(step, "speed", {"examples_per_second": examples_per_second})


def _run_id(path: pathlib.Path) -> str:
    """Returns the identity in the file, after writing a new one where there is none."""
    kept = path.read_text(encoding="utf-8").strip() if path.exists() else ""
    if not kept:
        kept = secrets.token_hex(4)
        write_text(path, f"{kept}\n")
    return kept
