"""What a launcher does while its workers work: it shows how far they are, and sees to their end."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import optuna

from rnnjax.sweeps.executors import Worker, stop_workers
from rnnjax.sweeps.progress import SweepProgress
from rnnjax.sweeps.study import has_heartbeat
from rnnjax.sweeps.units import Counts, progress_of, release_units
from rnnjax.sweeps.workers import Watchdog, release_of

_END_SECONDS = 10.0  # what workers have to end in when no work is left
_MOST = 3  # workers in the place of killed ones in a row, without a unit that has ended


class Ending(NamedTuple):
    """How a watch ended.

    Attributes:
        counts: the units at the end; where they are not done, no worker lives any more.
        died: how many workers ended with an error.
    """

    counts: Counts
    died: int


class Replacing:
    """Starts another worker in the place of a killed one, but not for ever.

    Args:
        start: starts the worker of a number.
    """

    def __init__(self, start: Callable[[int], Worker]):
        self._start, self._ended, self._in_vain = start, 0, 0

    def replace(self, number: int, counts: Counts) -> Worker | None:
        """Returns another worker, None where there is no work or too many were killed."""
        if counts.ended > self._ended:
            self._ended, self._in_vain = counts.ended, 0
        if counts.done or self._in_vain == _MOST:
            return None
        self._in_vain += 1
        return self._start(number)


def watch(
    workers: Sequence[Worker],
    queue: optuna.Study,
    progress: SweepProgress,
    *,
    best: Callable[[], float | None] = lambda: None,
    replacing: Replacing | None = None,
    look_seconds: float = 0.5,
) -> Ending:
    """Waits until all units are done and the workers have ended, or none of them lives.

    The death of a worker is told in one line on stderr, with the file to look into; where the
    study's storage has no heartbeat, its unit is queued again. Ctrl-C, or another signal that
    raises KeyboardInterrupt, stops the workers first.

    Args:
        workers: from `start_workers`.
        queue: that they work on.
        progress: is shown how far they are.
        best: returns the best value of a point so far.
        replacing: starts another where a worker was killed; None for none.
        look_seconds: from one look to the next.

    Returns:
        How it ended.
    """
    workers, deaths = list(workers), 0
    died: set[int] = set()
    done_at: float | None = None
    watchdog = None if has_heartbeat(queue) else Watchdog(queue)
    try:
        while True:
            codes = [worker.poll() for worker in workers]
            for number, code in enumerate(codes):
                if code and number not in died:
                    died.add(number)
                    deaths += 1
                    progress.tell(_death(number, code, workers[number]))
                    name = workers[number].name
                    if _was_told(code) and name is not None:
                        release_of(queue, name)  # it may have been too busy to do so itself
                    another = None
                    if replacing is not None and code < 0:
                        another = replacing.replace(number, progress_of(queue))
                    if another is not None:
                        progress.tell(f"worker {number} is started again")
                        workers[number], codes[number] = another, None
                        died.remove(number)
            if watchdog is not None:
                ended = [w.name for w, code in zip(workers, codes, strict=True) if code is not None]
                watchdog.look(frozenset(name for name in ended if name is not None))
            counts = progress_of(queue)
            state = _state(best(), counts, codes.count(None))
            progress.update(counts.ended, sum(counts), state)
            if None not in codes:
                return Ending(counts, deaths)
            done_at = (done_at or time.monotonic()) if counts.done else None
            if done_at is not None and time.monotonic() - done_at > _END_SECONDS:
                stop_workers(workers)
                return Ending(counts, deaths)
            time.sleep(look_seconds)
    except KeyboardInterrupt:
        with _deaf():
            stop_workers(workers)
            release_units(queue)
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


def _state(best: float | None, counts: Counts, workers: int) -> str:
    words = [] if best is None else [f"best {best:#.4g}"]
    words += [f"{counts.failed} failed"] if counts.failed else []
    return ", ".join([*words, f"{counts.running} running", f"{workers} workers"])


def _death(number: int, code: int, worker: Worker) -> str:
    if _was_told(code):
        return f"worker {number} was told to end, by signal {code - 128}: others may go on"
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return f"worker {number} {how}: see {worker.output}"


def _was_told(code: int) -> bool:
    """Says whether a process of this exit code has heeded a signal."""
    return code - 128 in signal.valid_signals()
