"""Training: what is minimised, on which batches, by which rule, and what is kept of it."""

from rnnjax.training.cache import use_compilation_cache
from rnnjax.training.devices import MIN_ROWS, core_count, suitable_devices, use_cores_as_devices
from rnnjax.training.fit import Plan
from rnnjax.training.log import DivergedError
from rnnjax.training.objective import (
    Classification,
    Objective,
    on_flattened,
    on_sequences,
    on_windows,
)
from rnnjax.training.optimizer import OPTIMIZERS, SCHEDULES, OptimizerSettings, make_optimizer
from rnnjax.training.processes import Group, LostProcessError, join
from rnnjax.training.run import Place, Run, Watch, carry_out
from rnnjax.training.run_population import carry_out_population
from rnnjax.training.sources import ImageSource, Source, TaskSource, WindowSource
from rnnjax.training.workdir import WorkdirError

__all__ = [
    "MIN_ROWS",
    "OPTIMIZERS",
    "SCHEDULES",
    "Classification",
    "DivergedError",
    "Group",
    "ImageSource",
    "LostProcessError",
    "Objective",
    "OptimizerSettings",
    "Place",
    "Plan",
    "Run",
    "Source",
    "TaskSource",
    "Watch",
    "WindowSource",
    "WorkdirError",
    "carry_out",
    "carry_out_population",
    "core_count",
    "join",
    "make_optimizer",
    "on_flattened",
    "on_sequences",
    "on_windows",
    "suitable_devices",
    "use_compilation_cache",
    "use_cores_as_devices",
]
