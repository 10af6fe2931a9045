"""How fast each task makes its sequences: steps a second, a batch of 128 at once.

    python -m benchmarks.tasks

Writes `benchmarks/results/tasks.md`. A task is asked as it is by default, compiled, for a batch of
training.
"""

import pathlib
import statistics
import sys
import time
from typing import Any

import jax
import jax.numpy as jnp
from absl import flags
from rich.progress import track

from benchmarks.command import carry_out, named
from rnnjax import tasks
from rnnjax.tasks import GeneratedTask, WindowedTask

_BATCH = flags.DEFINE_integer("batch", 128, "Sequences of a batch.", lower_bound=1)
_ONLY = flags.DEFINE_list("only", None, "Names of tasks; by default all that are made.")

_PAGE = pathlib.Path(__file__).parent / "results" / "tasks.md"
_SECONDS, _MOST = 1.0, 50  # of timing a task, and how many batches at most


def row_of(task: GeneratedTask) -> str:
    """Times a task and returns its row of the table."""
    source = task.source("train", _BATCH.value)
    whole = isinstance(task, WindowedTask)  # whose epoch is one draw, cut in windows

    @jax.jit
    def draw(key):
        order = source.shuffled(key)
        return order if whole else source.batch(order, jnp.array(0), jnp.arange(_BATCH.value))

    begin = time.perf_counter()
    batch = jax.block_until_ready(draw(jax.random.key(0)))
    compiled = time.perf_counter() - begin
    found: list[float] = []
    while len(found) < 3 or (sum(found) < _SECONDS and len(found) < _MOST):
        begin = time.perf_counter()
        jax.block_until_ready(draw(jax.random.key(len(found))))
        found.append(time.perf_counter() - begin)
    steps = len(batch.inputs) * _BATCH.value
    columns = (
        f"`{type(task).__name__}`",
        f"{len(batch.inputs):,}",
        f"{steps / statistics.median(found):,.0f}",
        f"{compiled:.1f}",
    )
    return f"| {' | '.join(columns)} |"


def _is_made(kind: Any) -> bool:
    """Says whether this is a task whose sequences are made here."""
    is_task = isinstance(kind, type) and issubclass(kind, GeneratedTask)
    return is_task and not kind.__abstractmethods__


def main() -> None:
    """Writes the table and prints it."""
    kinds = {name: getattr(tasks, name) for name in tasks.__all__}
    made = [name for name, kind in kinds.items() if _is_made(kind)]
    some = made if _ONLY.value is None else named("only", _ONLY.value, made)
    rows = [row_of(kinds[name]()) for name in track(some, "tasks")]
    page = "\n".join(
        [
            f"`python -m benchmarks.tasks`, jax {jax.__version__}, {jax.device_count()} cores, "
            f"batches of {_BATCH.value}, the median of several.",
            "",
            "| task | steps of a sequence | steps/s | seconds to compile |",
            "|---" * 4 + "|",
            *rows,
            "",
        ]
    )
    if _ONLY.value is None:
        _PAGE.write_text(page)
    print(page)


if __name__ == "__main__":
    sys.exit(carry_out(main))
