"""Measurements on disk."""

import json
import pathlib
from typing import Any, NamedTuple

from benchmarks.allocator import Allocator
from benchmarks.measure import Timing
from benchmarks.work import Part, Work

_DIGITS = 4


class Measured(NamedTuple):
    """A section's measurements."""

    date: str
    skipped: list[str]  # a line each: who was not measured at what, and why
    timings: list[Timing]


class Results(NamedTuple):
    """Sections measured on one machine, with the same versions."""

    machine: dict[str, Any]  # see `machine.describe`
    is_quick: bool
    sections: dict[str, Measured]


def load(path: pathlib.Path, machine: dict[str, Any], is_quick: bool) -> Results:
    """Reads what was measured before, on this machine and with these versions.

    Raises:
        ValueError: if there is a file that is none of `save`, or was made on another machine, with
            other versions or other sizes.
    """
    nothing = Results(machine, is_quick, {})
    try:
        found = json.loads(path.read_text())
        sections = {name: _section(**parts) for name, parts in found["sections"].items()}
    except FileNotFoundError:
        return nothing
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not of this suite: name another folder with --out") from error
    results = Results(found["machine"], found["is_quick"], sections)
    if results[:2] != nothing[:2]:
        raise ValueError(
            f"{path} was measured on another machine, with other versions or sizes: name another "
            "folder with --out"
        )
    return results


def save(path: pathlib.Path, results: Results) -> None:
    """Writes all of it, a section a line; a reader finds the old file or the new one."""
    sections = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(_plain(measured))}"
        for name, measured in results.sections.items()
    )
    lines = (
        f'{{"machine": {json.dumps(results.machine)},',
        f' "is_quick": {json.dumps(results.is_quick)},',
        f' "sections": {{\n{sections}\n }}}}',
    )
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_text("\n".join(lines) + "\n")
    temporary.replace(path)


def _plain(measured: Measured) -> dict[str, Any]:
    timings = [
        timing._replace(
            work=timing.work._asdict(),
            seconds=[_rounded(seconds) for seconds in timing.seconds],
            facts={name: _rounded(fact) for name, fact in timing.facts.items()},
        )._asdict()
        for timing in measured.timings
    ]
    return measured._replace(timings=timings)._asdict()


def _rounded(value: Any) -> Any:
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value


def _section(date: str, skipped: list[str], timings: list[dict[str, Any]]) -> Measured:
    return Measured(date, skipped, [_timing(**timing) for timing in timings])


def _timing(work: dict[str, Any], allocator: str, **others: Any) -> Timing:
    work = work | {"part": Part(work["part"])}
    return Timing(work=Work(**work), allocator=Allocator(allocator), **others)
