"""Measures this checkout beside another one, on the rows of the suite, in pairs.

    git worktree add ../before COMMIT
    python -m benchmarks.pairs --before=../before --only=gradient,linear

Each row has two processes; round by round each has its turn, every second round in reverse order.
What is printed is the median over rounds of the time before by the time now, more than 1 where this
checkout is faster, and what the compiler plans of memory.
"""

import math
import pathlib
import statistics
import sys
import time
from typing import Any

from absl import flags

from benchmarks.allocator import Allocator
from benchmarks.command import carry_out, named
from benchmarks.measure import REST, SHORTEST, Worker
from benchmarks.peers import PEERS
from benchmarks.sections import SECTIONS
from benchmarks.work import Work

_BEFORE = flags.DEFINE_string("before", None, "Folder of the other checkout.", required=True)
_ONLY = flags.DEFINE_list("only", ["gradient", "update", "linear"], "Sections.")
_PEERS = flags.DEFINE_list("peers", ["rnnjax"], "Of rnnjax, such as rnnjax_scan.")
_ROUNDS = flags.DEFINE_integer("rounds", 7, "Rounds of a row.", lower_bound=1)
_LONGEST = flags.DEFINE_integer("longest", 20_000, "Rows of more steps are left out.")


def main() -> None:
    """Measures row by row."""
    before = pathlib.Path(_BEFORE.value).resolve()
    if not (before / "benchmarks" / "worker.py").is_file():
        raise ValueError(f"--before={_BEFORE.value} is no checkout: it has no benchmarks/worker.py")
    sections = [SECTIONS[name] for name in named("only", _ONLY.value, list(SECTIONS))]
    able = {peer for section in sections for peer in section.peers}
    ours = [name for name, peer in PEERS.items() if peer.package == "rnnjax" and name in able]
    peers = named("peers", _PEERS.value, ours)
    print("| work | before, ms | now, ms | before / now | planned MB, before | now |")
    print("| --- | --- | --- | --- | --- | --- |")
    for section in sections:
        for work in section.works:
            for peer in peers:
                if peer in section.peers and work.steps <= _LONGEST.value:
                    print(row(before, peer, work), flush=True)


def row(before: pathlib.Path, peer: str, work: Work) -> str:
    """Measures a piece of work of both checkouts, and returns a line of the table."""
    workers = [Worker(peer, Allocator.DEFAULT, work, folder) for folder in (before, None)]
    try:
        facts = [_told(worker.ask()) for worker in workers]
        calls = [math.ceil(SHORTEST / fact["once"]) for fact in facts]
        seconds: list[list[float]] = [[], []]
        for number in range(_ROUNDS.value):
            for at in (0, 1) if number % 2 else (1, 0):
                time.sleep(REST)
                seconds[at].append(_told(workers[at].ask(str(calls[at]))))
    except RuntimeError as error:
        return f"| {work}, {peer} | {error} |"
    finally:
        for worker in workers:
            worker.end()
    ratios = sorted(old / new for old, new in zip(*seconds, strict=True))
    old, new = (1e3 * statistics.median(each) for each in seconds)
    planned = " | ".join(f"{fact['planned_bytes'] / 1e6:.2f}" for fact in facts)
    middle = f"{statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})"
    return f"| {work}, {peer} | {old:.2f} | {new:.2f} | {middle} | {planned} |"


def _told(answer: Any) -> Any:
    """Returns a worker's answer, and raises its error."""
    if isinstance(answer, dict) and "error" in answer:
        raise RuntimeError(answer["error"])
    return answer


if __name__ == "__main__":
    sys.exit(carry_out(main))
