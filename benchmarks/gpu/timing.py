"""Compiles programs side by side and times them one after another."""

import concurrent.futures
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import jax

_ENOUGH = 0.02  # seconds of one timing
_ROUNDS = 5
_GROUP = 32  # programs, as many as a large machine compiles at once

Make = Callable[[], Callable[[], Any]]  # traces and compiles; what it returns is the call to time


def write(row: dict[str, Any]) -> None:
    """Prints a result as a line of JSON, which is all that a part writes to stdout."""
    print(json.dumps(row), flush=True)


def compiled(function: Callable, *arguments: Any) -> Callable[[], Any]:
    """Returns a call of `function`, compiled; the result is not waited for."""
    program = jax.jit(function).lower(*arguments).compile()
    return lambda: program(*arguments)


def measure(works: dict[tuple, Make]) -> Iterator[tuple[tuple, float | str]]:
    """Yields, for each work, the median seconds of a call, or the first line of what went wrong.

    So many compile side by side, and are timed when the last of them has ended: a program that is
    called while others compile waits for them. What a time limit cuts off is the last groups alone.
    """

    def make(make: Make) -> Callable[[], Any] | str:
        try:
            return make()
        except Exception as error:
            return _line(error)

    names = list(works)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(names), _GROUP):
            group = names[start : start + _GROUP]
            made = list(pool.map(make, map(works.__getitem__, group)))
            for name, call in zip(group, made, strict=True):
                yield name, call if isinstance(call, str) else _timed(call)


def _timed(call: Callable[[], Any]) -> float | str:
    try:
        return seconds(call)
    except Exception as error:
        return _line(error)


def seconds(call: Callable[[], Any], wait: Callable[[Any], Any] = jax.block_until_ready) -> float:
    """Returns the median time of a call among calls that follow each other without a wait."""
    wait(call())
    begin = time.perf_counter()
    wait(call())
    count = max(1, int(_ENOUGH / (time.perf_counter() - begin)))
    times = []
    for _ in range(_ROUNDS):
        begin = time.perf_counter()
        for _ in range(count):
            result = call()
        wait(result)
        times.append((time.perf_counter() - begin) / count)
    return statistics.median(times)


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:300]}"
