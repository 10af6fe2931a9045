"""A trace of a few compiled calls, for TensorBoard's profiler or Perfetto."""

import contextlib
import logging
import pathlib
from collections.abc import Iterator
from typing import Any

import jax

from rnnjax.training.program import Metrics, Program

CALLS = 3

logger = logging.getLogger(__name__)


class _Traced:
    """Calls that are traced from the second one on, because the first one compiles."""

    def __init__(self, program: Program, folder: pathlib.Path):
        self._program, self._folder = program, folder
        self._calls, self._tracing = 0, False

    def advance(self, state: Any, alive: Any, updates: int) -> tuple[Any, Metrics]:
        """Makes updates as the program does."""
        self._calls += 1
        if self._calls == 2:
            self._folder.mkdir(exist_ok=True)
            jax.profiler.start_trace(self._folder)
            self._tracing = True
        with jax.profiler.StepTraceAnnotation("advance", step_num=self._calls):
            result = jax.block_until_ready(self._program.advance(state, alive, updates))
        if self._calls == 1 + CALLS:
            self.stop()
        return result

    def stop(self) -> None:
        """Writes what was traced."""
        if self._tracing:
            self._tracing = False
            jax.profiler.stop_trace()
        elif self._calls < 2:
            logger.warning("there is nothing to profile: the first call of a run compiles")


@contextlib.contextmanager
def profiled(program: Program, folder: pathlib.Path | None) -> Iterator[Program]:
    """Traces the second compiled call and those after it, `CALLS` in all.

    Args:
        program: what `fit` drives.
        folder: where the trace is written; None for none.

    Yields:
        The program that `fit` is to drive.
    """
    if folder is None:
        yield program
        return
    traced = _Traced(program, folder)
    try:
        yield program._replace(advance=traced.advance)
    finally:
        traced.stop()
