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

from absl import flags

from benchmarks.allocator import Allocator
from benchmarks.command import carry_out
from benchmarks.measure import REST, SHORTEST, Worker
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
    if unknown := set(_ONLY.value) - set(SECTIONS):
        raise ValueError(f"--only names {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    print("| work | before, ms | now, ms | before / now | planned MB, before | now |")
    print("| --- | --- | --- | --- | --- | --- |")
    for section in _ONLY.value:
        for work in SECTIONS[section].works:
            for peer in set(_PEERS.value) & set(SECTIONS[section].peers):
                if work.steps <= _LONGEST.value:
                    print(row(before, peer, work), flush=True)


def row(before: pathlib.Path, peer: str, work: Work) -> str:
    """Measures a piece of work of both checkouts, and returns a line of the table."""
    workers = [Worker(peer, Allocator.DEFAULT, work, folder) for folder in (before, None)]
    try:
        facts = [worker.ask() for worker in workers]
        if errors := [fact["error"] for fact in facts if "error" in fact]:
            return f"| {work}, {peer} | {errors[0]} |"
        calls = [math.ceil(SHORTEST / fact["once"]) for fact in facts]
        seconds: list[list[float]] = [[], []]
        for number in range(_ROUNDS.value):
            for at in (0, 1) if number % 2 else (1, 0):
                time.sleep(REST)
                seconds[at].append(workers[at].ask(str(calls[at])))
    finally:
        for worker in workers:
            worker.end()
    ratios = sorted(old / new for old, new in zip(*seconds, strict=True))
    old, new = (1e3 * statistics.median(each) for each in seconds)
    planned = " | ".join(f"{fact['planned_bytes'] / 1e6:.2f}" for fact in facts)
    middle = f"{statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})"
    return f"| {work}, {peer} | {old:.2f} | {new:.2f} | {middle} | {planned} |"


if __name__ == "__main__":
    sys.exit(carry_out(main))
