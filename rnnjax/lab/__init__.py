"""The command line: flags become settings, settings a run or a sweep; `lab.run` for notebooks."""

from typing import Any

__all__ = ["run"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    """Imports `run` when it is asked for: the list of experiments needs no JAX."""
    if name == "run":
        from rnnjax.lab.notebook import run

        return run
    raise AttributeError(f"module 'rnnjax.lab' has no attribute {name!r}")
