"""The few numbers that the tables come to."""

from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.allocator import Allocator
from benchmarks.measure import Timing
from benchmarks.peers import OTHERS
from benchmarks.results import Results
from benchmarks.sections import LONG, SECTIONS, SHAPES
from benchmarks.summary import Table, best_other, gain, geometric_mean, ratio, table
from benchmarks.work import Part, Work

_MB = 1e6


class Headline(NamedTuple):
    """A number and what it means. Ratios are above 1 where the first of the two is better."""

    work: str
    allocator: Allocator
    what: str
    number: str


def headlines(results: Results) -> list[Headline]:
    """Returns those whose measurements there are."""
    rows: Table = {}
    for name, section in results.sections.items():
        if SECTIONS[name].is_in_short:
            rows |= table(section.timings)
    found = [*_means(rows)]
    for (work, allocator), row in rows.items():
        timings = {name: timing for name, timing in row.items() if timing.seconds}
        for what, number in _of_one(work, timings):
            found.append(Headline(f"{work}", allocator, what, number))
    return found


def _means(rows: Table) -> Iterator[Headline]:
    """The gradient at three shapes together."""
    for cell in ("LSTM", "GRU", "Elman"):
        for allocator in Allocator:
            works = [Work(cell, Part.GRADIENT, *shape) for shape in SHAPES]
            gains = [gain(rows.get((work, allocator), {})) for work in works]
            factors = [found.median for found in gains if found]
            if len(factors) < len(SHAPES):
                continue
            shapes = " / ".join(work.shape for work in works)
            each = ", ".join(f"{factor:.2f}" for factor in factors)
            number = f"{geometric_mean(factors):.2f} ({each})"
            what = "rnnjax against the best library, speed, geometric mean"
            yield Headline(f"{cell} gradient {shapes}", allocator, what, number)


def _of_one(work: Work, row: dict[str, Timing]) -> Iterator[tuple[str, str]]:
    """The numbers of one piece of work."""
    if work.members == 32 and "one_by_one" in row:
        for name in sorted(row.keys() - {"one_by_one"}):
            yield f"{name} against one_by_one, throughput", _ratio(row["one_by_one"], row[name])
    if "rnnjax_newton" in row and "rnnjax_scan" in row:
        notes = row["rnnjax_newton"].facts["notes"]
        yield "newton, iterations", f"{notes['iterations']}"
        yield "newton, largest difference from the loop", f"{notes['error']:.1e}"
        yield "newton against the loop, speed", _ratio(row["rnnjax_scan"], row["rnnjax_newton"])
    if work.cell in ("LRU", "MinGRU") and {"rnnjax", "rnnjax_scan"} <= row.keys():
        what = "rnnjax against autodiff through the loop, speed"
        yield what, _ratio(row["rnnjax_scan"], row["rnnjax"])
    if work.cell == "LSTM" and work.part is Part.GRADIENT and work[2:6] == LONG:
        yield from _pixels(row)
    if work.part is Part.GRADIENT and work.steps >= 100_000:
        yield from _peaks(row)


def _pixels(row: dict[str, Timing]) -> Iterator[tuple[str, str]]:
    """Speed against the others, with all cores and with one device; memory against the loop."""
    best = best_other(row)
    for peer in ("rnnjax", "rnnjax_one"):
        if best and peer in row:
            yield f"{peer} against the best library ({best.peer}), speed", _ratio(best, row[peer])
    own, scan = row.get("rnnjax"), row.get("rnnjax_scan")
    if own and scan:
        less = scan.facts["planned_bytes"] / own.facts["planned_bytes"]
        yield "rnnjax against autodiff through the loop, memory", f"{less:.1f}"


def _peaks(row: dict[str, Timing]) -> Iterator[tuple[str, str]]:
    """The most memory that is taken."""
    peaks = {name: timing.facts["peak_bytes"] for name, timing in row.items()}
    peaks = {name: peak for name, peak in peaks.items() if peak is not None}
    others = [name for name in OTHERS if name in peaks]
    for name in ("rnnjax", "rnnjax_scan", *sorted(others, key=peaks.__getitem__)[:1]):
        if name in peaks:
            yield f"{name}, peak memory", f"{peaks[name] / _MB:,.0f} MB"


def _ratio(slow: Timing, fast: Timing) -> str:
    found = ratio(slow, fast)
    return f"{found.median:.2f} ({found.low:.2f} to {found.high:.2f})"
