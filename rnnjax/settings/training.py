"""How an experiment trains, as text says it."""

import dataclasses
import math
from typing import Annotated

from rnnjax.settings.fields import POSITIVE, Between
from rnnjax.training.devices import MIN_ROWS
from rnnjax.training.hyperparameters import Hyperparameters
from rnnjax.training.optimizer import Optimizer
from rnnjax.training.plan import Plan
from rnnjax.training.rules import default_weight_decay
from rnnjax.typing import Static

_MOST = 2**31 - 1
_SCHEDULES = "constant, cosine, linear, or a call of one of Optax's as a factor of the rate"


class Training(Static):
    """How an experiment trains: each field is a flag.

    Example:
        >>> Training(optimizer="adamw", weight_decay=None).numbers().weight_decay
        0.0001
    """

    steps: Annotated[int, Between(1, _MOST), "Updates in all."] = 1000
    batch_size: Annotated[int, Between(1, 1_000_000), "Sequences an update."] = 128
    optimizer: Annotated[str, "Optax's, by its name or a call: adam, lion(b1=0.9)."] = "adam"
    learning_rate: Annotated[float, POSITIVE, "Highest rate of the schedule."] = 1e-3
    schedule: Annotated[str, f"How the learning rate falls: {_SCHEDULES}."] = "constant"
    warmup_steps: Annotated[int, Between(0, _MOST), "Updates in which the rate rises."] = 0
    clip_norm: Annotated[float | None, POSITIVE, "Largest norm of a gradient, or none."] = 1.0
    weight_decay: Annotated[
        float | None, Between(0), "Of optimizers that have one; none for Optax's own."
    ] = None
    init_scale: Annotated[float, POSITIVE, "Factor on the first weight matrices."] = 1.0
    ema: Annotated[
        float | None,
        Between(0, 1, open_high=True),
        "What stays at each update of a moving average of the parameters, which is then what is "
        "evaluated; none for no average.",
    ] = None
    early_stop: Annotated[
        int | None,
        Between(1, _MOST),
        "Ends after so many evaluations without a better one on validation; none for never.",
    ] = None
    log_every: Annotated[int, Between(1, _MOST), "Updates between two lines of metrics."] = 50
    eval_every: Annotated[
        int, Between(1, _MOST), "Updates between two evaluations and checkpoints."
    ] = 500
    seed: Annotated[int, Between(0, 2**32 - 1), "Of every chance in the run."] = 0
    devices: Annotated[
        int | None,
        Between(1, 1024),
        "Cores, GPUs or TPUs over which a batch is divided. By default as many as leave each "
        f"{MIN_ROWS} sequences, wherever a run goes on; a number is a setting that is kept: sums "
        "depend on it in the last bits.",
    ] = None
    time_devices: Annotated[
        int,
        Between(1, 1024),
        "Devices over which time is divided, for each part of a batch: for --unroll=time_sharded.",
    ] = 1

    @property
    def plan(self) -> Plan:
        """How long, and when to look."""
        return Plan(self.steps, self.log_every, self.eval_every, self.early_stop)

    @property
    def rule(self) -> Optimizer:
        """What makes the optimizer of the numbers."""
        return Optimizer(self.optimizer, self.schedule)

    def numbers(self, dropout: float = 0.0) -> Hyperparameters:
        """Returns the numbers in which members of a population may differ; "none" is one of them.

        Raises:
            ValueError: if the optimizer is unknown, or has no weight decay and is given one.
        """
        own = default_weight_decay(self.optimizer)
        if self.weight_decay is not None and own is None:
            raise ValueError(f"{self.optimizer} has no weight decay: --weight_decay is for others")
        decay = own if self.weight_decay is None else self.weight_decay
        return Hyperparameters(
            self.seed,
            self.learning_rate,
            self.warmup_steps,
            math.inf if self.clip_norm is None else self.clip_norm,
            decay or 0.0,
            dropout,
            self.init_scale,
        )


def shared_program(training: Training) -> Training:
    """Returns the settings of the program that runs share which differ in numbers alone."""
    usual = Training()
    names = [name for name in Hyperparameters._fields if hasattr(usual, name)]
    return dataclasses.replace(training, **{name: getattr(usual, name) for name in names})
