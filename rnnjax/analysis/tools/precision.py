"""Tools that run in double precision."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import jax

_P = ParamSpec("_P")
_R = TypeVar("_R")


def in_double(tool: Callable[_P, _R]) -> Callable[_P, _R]:
    """Returns a tool that runs in double precision, whatever the run was trained in.

    Example:
        >>> @in_double
        ... def epsilon(run):
        ...     return jax.numpy.finfo(jax.numpy.zeros(()).dtype).eps.item()
        >>> epsilon(None)
        2.220446049250313e-16
    """

    @functools.wraps(tool)
    def run_tool(*args: _P.args, **settings: _P.kwargs) -> _R:
        with jax.enable_x64(True):
            return tool(*args, **settings)

    return run_tool
