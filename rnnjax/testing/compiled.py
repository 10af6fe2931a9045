"""Compiling programs fast that run only a few times."""

import functools
from collections.abc import Callable
from typing import Any

import jax

# On a CPU most of the time goes into machine code that is fast; these spare it. What XLA does to a
# program before that stays, and the numbers are as exact.
_FAST = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
    "xla_cpu_use_fusion_emitters": False,
    "xla_cpu_parallel_codegen_split_count": 1,
}


def compiled(function: Callable[..., Any], static: tuple[int, ...] = ()) -> Callable[..., Any]:
    """Returns `jax.jit(function)`, compiled in a fifth of the time and slow to run.

    Args:
        function: what to compile.
        static: which of its arguments are constants.

    Example:
        >>> int(compiled(lambda x: x + 1)(1))
        2
    """

    @functools.cache
    def program() -> Callable[..., Any]:
        made = jax.jit(function, static_argnums=static, compiler_options=_options())
        _programs.append(made)
        return made

    @functools.wraps(function)
    def run(*arguments: Any) -> Any:
        return program()(*arguments)

    return run


_programs: list[Any] = []


def forget() -> None:
    """Frees what `compiled` functions have compiled so far: a checked cell's are 30 megabytes.

    Example:
        >>> forget()
    """
    for program in _programs:
        program.clear_cache()


@functools.cache
def _options() -> dict[str, Any]:
    """Returns those of the options that this version of XLA knows."""
    known = {}
    for name, value in _FAST.items():
        try:
            jax.jit(lambda: 0, compiler_options={name: value})()
        except (RuntimeError, ValueError):  # of a version that has it no more
            continue
        known[name] = value
    return known
