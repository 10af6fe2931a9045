"""Sweeps: what to try, who tries it, what came of it, and which of it matters.

Example:
    >>> from rnnjax import sweeps
    >>> sweeps.read_space("hidden=8,16")
    {'hidden': Choices(values=('8', '16'))}
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnnjax.sweeps.estimates import Estimate, mean_and_interval
    from rnnjax.sweeps.in_process import run
    from rnnjax.sweeps.records import Group, Point, Sweep, read_sweep
    from rnnjax.sweeps.report import print_report, write_report
    from rnnjax.sweeps.space import Axis, Choices, Integers, LogUniform, Uniform, read_space

# Who reads a sweep does without Optuna, and a worker that has yet to begin without plots.
_MODULES = {
    "estimates": ("Estimate", "mean_and_interval"),
    "records": ("Group", "Point", "Sweep", "read_sweep"),
    "report": ("print_report", "write_report"),
    "in_process": ("run",),
    "space": ("Axis", "Choices", "Integers", "LogUniform", "Uniform", "read_space"),
}

__all__ = [
    "Axis",
    "Choices",
    "Estimate",
    "Group",
    "Integers",
    "LogUniform",
    "Point",
    "Sweep",
    "Uniform",
    "mean_and_interval",
    "print_report",
    "read_space",
    "read_sweep",
    "run",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """Imports a name when it is asked for."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f"rnnjax.sweeps.{module}"), name)
    raise AttributeError(f"module 'rnnjax.sweeps' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
