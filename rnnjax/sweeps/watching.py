"""What a launcher does while its workers work: it shows how far they are, and sees to their end."""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import optuna

from rnnjax.sweeps.executors import Worker, stop_workers
from rnnjax.sweeps.units import Counts, progress_of, release_units

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

_END_SECONDS = 10.0  # what workers have to end in when no work is left


class Ending(NamedTuple):
    """How a watch ended.

    Attributes:
        counts: the units at the end; where they are not done, no worker lives any more.
        died: how many workers ended with an error.
    """

    counts: Counts
    died: int


def watch(
    workers: Sequence[Worker],
    study: optuna.Study,
    description: str = "sweep",
    *,
    look_seconds: float = 0.5,
    enabled: bool | None = None,
    console: "Console | None" = None,
) -> Ending:
    """Waits until all units are done and the workers have ended, or none of them lives.

    The death of a worker is told in one line on stderr, with the file to look into. Ctrl-C stops
    the workers first.

    Args:
        workers: from `start_workers`.
        study: that they work on.
        description: shown first.
        look_seconds: from one look to the next.
        enabled: whether to draw a bar; by default where stderr is a terminal.
        console: where to draw and tell instead of stderr.

    Returns:
        How it ended.
    """
    from rich.console import Console

    console = console or Console(stderr=True)
    died: set[int] = set()
    done_at: float | None = None
    with _drawing(sys.stderr.isatty() if enabled is None else enabled, console) as bar:
        task = bar.add_task(description, total=None, state="") if bar else None
        try:
            while True:
                codes = [worker.poll() for worker in workers]
                counts = progress_of(study)
                for number, code in enumerate(codes):
                    if code and number not in died:
                        died.add(number)
                        _tell_death(console, number, code, workers[number])
                if bar and task is not None:
                    done, state = counts.finished + counts.failed, _state(study, counts, codes)
                    bar.update(task, total=sum(counts), completed=done, state=state)
                if None not in codes:
                    return Ending(counts, len(died))
                done_at = (done_at or time.monotonic()) if counts.done else None
                if done_at is not None and time.monotonic() - done_at > _END_SECONDS:
                    stop_workers(workers)
                    return Ending(counts, len(died))
                time.sleep(look_seconds)
        except KeyboardInterrupt:
            with _deaf():
                stop_workers(workers)
                release_units(study)
            raise


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Lets no second Ctrl-C keep the first one from its work."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def best_value(study: optuna.Study) -> float | None:
    """Returns the best value so far, None where no unit is complete."""
    try:
        return study.best_value
    except ValueError:
        return None


def _state(study: optuna.Study, counts: Counts, codes: list[int | None]) -> str:
    best = best_value(study)
    words = [] if best is None else [f"best {best:#.4g}"]
    words += [f"{counts.running} running", f"{codes.count(None)} workers"]
    return " ".join(words + ([f"{counts.failed} failed"] if counts.failed else []))


def _tell_death(console: "Console", number: int, code: int, worker: Worker) -> None:
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    line = f"worker {number} {how}: see {worker.output}"
    console.print(line, markup=False, highlight=False, soft_wrap=True)


@contextlib.contextmanager
def _drawing(enabled: bool, console: "Console") -> "Iterator[Bar | None]":
    if not enabled:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar
    from rich.table import Column

    with Bar(
        TextColumn("{task.description}", style="bold", markup=False),
        BarColumn(bar_width=None, table_column=Column(ratio=1)),  # what the words leave
        MofNCompleteColumn(),
        TextColumn("{task.fields[state]}", style="cyan"),
        TimeElapsedColumn(),
        console=console,
        expand=True,
    ) as bar:
        yield bar
