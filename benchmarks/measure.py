"""A piece of work done by several peers, in turns."""

import contextlib
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from benchmarks import peers
from benchmarks.allocator import Allocator, environment
from benchmarks.work import Work
from benchmarks.worker import Request

SHORTEST = 0.15  # seconds: so long is a timing at least
REST = 0.25  # seconds: so long the threads of OpenMP may spin after a turn, at the next one's cost
_ENOUGH = 120.0  # seconds: rounds of one piece of work that would take longer are fewer
_FEWEST = 3

Say = Callable[[str], None]


class Timing(NamedTuple):
    """What was measured of one peer at one piece of work."""

    work: Work
    peer: str
    allocator: Allocator
    devices: int
    seconds: list[float]  # of one call, one a round; empty if it failed
    facts: dict[str, Any]  # see `worker.facts`; or {"error": one line}


class Worker:
    """A process that does one piece of work when told to, of this checkout or of another."""

    def __init__(
        self, peer: str, allocator: Allocator, work: Work, checkout: pathlib.Path | None = None
    ):
        self.request = Request(peer, peers.PEERS[peer].devices(work), work)
        self.allocator = allocator
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (as long as the process)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", self.request.to_json()],
            env=environment(allocator),
            cwd=checkout,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def ask(self, line: str = "") -> Any:
        """Sends a line and returns the answer; a worker that has ended answers with its error."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            print(line, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if answer:
            return json.loads(answer)
        self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        return {"error": lines[-1] if lines else f"ended with {self._process.returncode}"}

    def end(self) -> None:
        """Ends the process at once."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()


@contextlib.contextmanager
def _workers(work: Work, who: Sequence[tuple[str, Allocator]]) -> Iterator[list[Worker]]:
    """Starts a process each, all importing at once; none is left when the body ends."""
    started: list[Worker] = []
    try:
        for peer, allocator in who:
            started.append(Worker(peer, allocator, work))
        yield started
    finally:
        for worker in started:
            worker.end()


def measure(
    work: Work, who: Sequence[tuple[str, Allocator]], most_rounds: int, say: Say
) -> list[Timing]:
    """Measures a piece of work, round by round, so that all meet the same weather.

    A process does nothing else, before or after, so that memory and compilation are its own. Each
    round times every peer once, every second one in reverse order.

    Args:
        work: what is done.
        who: peers and their allocators' settings.
        most_rounds: how many rounds; fewer, 3 at least, of what takes long.
        say: told what is measured at the moment.
    """
    with _workers(work, who) as workers:
        timings = [_prepare(worker, say) for worker in workers]
        pairs = list(zip(workers, timings, strict=True))
        for index in range(_rounds(timings, most_rounds)):
            for worker, timing in pairs[:: -1 if index % 2 else 1]:
                if "error" in timing.facts:
                    continue
                say(f"{work}, round {index + 1}: {timing.peer}")
                calls = math.ceil(SHORTEST / timing.facts["once"])
                time.sleep(REST)
                _time(worker, calls, timing)
    return timings


def _prepare(worker: Worker, say: Say) -> Timing:
    """Has the program made, while all other workers wait."""
    peer, devices, work = worker.request
    say(f"{work}: {peer} begins")
    return Timing(work, peer, worker.allocator, devices, [], worker.ask())


def _time(worker: Worker, calls: int, timing: Timing) -> None:
    """Adds the time of a call; one who fails now has failed, whatever was timed before."""
    answer = worker.ask(str(calls))
    if isinstance(answer, dict):
        timing.facts.update(answer)
        timing.seconds.clear()
    else:
        timing.seconds.append(answer)


def _rounds(timings: list[Timing], most: int) -> int:
    """Returns how many rounds are made, given what one call takes."""
    once = sum(max(t.facts["once"], SHORTEST) for t in timings if "once" in t.facts)
    return max(min(most, _FEWEST), min(most, int(_ENOUGH / max(once, SHORTEST))))
