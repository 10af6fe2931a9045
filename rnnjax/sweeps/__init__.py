"""Sweeps: what to try, who tries it, what came of it, and which of it matters."""

from rnnjax.sweeps.executors import Command, Debug, Local, Slurm, start_workers
from rnnjax.sweeps.records import Group, Point, Sweep, mean_and_interval, read_sweep
from rnnjax.sweeps.report import print_report, write_report
from rnnjax.sweeps.sampling import draw, grid, suggest
from rnnjax.sweeps.space import Axis, Choices, Integers, LogUniform, Uniform, read_space
from rnnjax.sweeps.study import Heartbeat, open_study
from rnnjax.sweeps.units import (
    Counts,
    UnitState,
    plan_units,
    progress_of,
    state_of,
    tries_of,
    unit_of,
)
from rnnjax.sweeps.watching import watch
from rnnjax.sweeps.working import work

__all__ = [
    "Axis",
    "Choices",
    "Command",
    "Counts",
    "Debug",
    "Group",
    "Heartbeat",
    "Integers",
    "Local",
    "LogUniform",
    "Point",
    "Slurm",
    "Sweep",
    "Uniform",
    "UnitState",
    "draw",
    "grid",
    "mean_and_interval",
    "open_study",
    "plan_units",
    "print_report",
    "progress_of",
    "read_space",
    "read_sweep",
    "start_workers",
    "state_of",
    "suggest",
    "tries_of",
    "unit_of",
    "watch",
    "work",
    "write_report",
]
