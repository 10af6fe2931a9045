"""Training: what is minimised, on which batches, by which rule, and what is kept of it."""

from rnnjax.training.devices import MIN_ROWS, core_count, suitable_devices, use_cores_as_devices
from rnnjax.training.fit import DivergedError, Plan
from rnnjax.training.objective import (
    Classification,
    Objective,
    on_flattened,
    on_sequences,
    on_windows,
)
from rnnjax.training.optimizer import OPTIMIZERS, SCHEDULES, OptimizerSettings, make_optimizer
from rnnjax.training.run import Run, carry_out
from rnnjax.training.sources import ImageSource, Source, TaskSource, WindowSource
from rnnjax.training.workdir import WorkdirError

__all__ = [
    "MIN_ROWS",
    "OPTIMIZERS",
    "SCHEDULES",
    "Classification",
    "DivergedError",
    "ImageSource",
    "Objective",
    "OptimizerSettings",
    "Plan",
    "Run",
    "Source",
    "TaskSource",
    "WindowSource",
    "WorkdirError",
    "carry_out",
    "core_count",
    "make_optimizer",
    "on_flattened",
    "on_sequences",
    "on_windows",
    "suitable_devices",
    "use_cores_as_devices",
]
