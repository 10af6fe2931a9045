"""Recurrent networks in JAX: one cell, every way of running, training and studying it.

Example:
    >>> import rnnjax
    >>> rnnjax.cells.LSTM(64)
    LSTM(hidden=64, forget_bias=1.0)
"""

import importlib
import pkgutil
from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Imports a package of the library when it is asked for: `rnnjax.cells`."""
    if name in __dir__():
        return importlib.import_module(f"rnnjax.{name}")
    raise AttributeError(f"module 'rnnjax' has no attribute {name!r}")


def __dir__() -> list[str]:
    parts = [module.name for module in pkgutil.iter_modules(__path__)]
    return [*parts, *(name for name in globals() if name.startswith("__"))]
