"""Sections measured one after another, under a progress bar."""

import datetime
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import measure, plan
from benchmarks.allocator import Allocator
from benchmarks.results import Measured
from benchmarks.sections import Section


class Settings(NamedTuple):
    """How everything is measured."""

    is_quick: bool
    peers: Sequence[str]  # those that are there
    absent: dict[str, str]  # a line for each that is not
    allocators: Sequence[Allocator]
    rounds: int  # at most


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Shows on stderr how far each section is and what is measured at the moment."""
    columns = (
        TextColumn("{task.description:<10}", style="bold"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[now]}", style="cyan", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        yield bar


def measure_section(name: str, section: Section, settings: Settings, bar: Progress) -> Measured:
    """Measures all of a section's work."""
    works = section.quick if settings.is_quick else section.works
    timings = []
    task = bar.add_task(name, total=len(works), now="")
    for work in works:
        who = plan.who(section, work, settings.peers, settings.allocators)
        timings += measure.measure(
            work, who, settings.rounds, lambda text: bar.update(task, now=text)
        )
        bar.advance(task)
    bar.update(task, now="")
    failed = [f"{t.peer} failed at {t.work}: {t.facts['error']}" for t in timings if not t.seconds]
    absent = [line for name, line in settings.absent.items() if name in section.peers]
    skipped = [*absent, *plan.unable(section, works, settings.peers), *failed]
    return Measured(f"{datetime.date.today()}", skipped, timings)
