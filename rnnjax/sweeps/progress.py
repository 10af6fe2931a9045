"""How far a sweep is: a bar for a person at a terminal, else a line whenever a unit ends."""

import math
import sys
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar


_ROOMY = 90  # columns of a terminal from which on there is room for a bar


class SweepProgress:
    """Shows how many programs of a sweep are done, of how many, and the time left, on stderr.

    Args:
        description: shown first.
        show: whether to draw a bar; by default where stderr is a terminal. Lines are printed
            otherwise.
        console: where to draw and print instead of stderr.

    Example:
        >>> with SweepProgress("adding sweep") as progress:  # doctest: +SKIP
        ...     progress.update(1, 8, "best 0.17")
    """

    def __init__(
        self, description: str, show: bool | None = None, console: "Console | None" = None
    ):
        from rich.console import Console

        self._description = description
        self._show = sys.stderr is not None and sys.stderr.isatty() if show is None else show
        self._console = console or Console(stderr=True)
        self._bar: Bar | None = None
        self._since: tuple[float, float] | None = None  # when the first look was, and at how many
        self._told = 0

    def __enter__(self) -> Self:
        if self._show:
            self._bar = _make_bar(self._console)
            self._bar.add_task(self._description, total=None, state="", left="")
            self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, done: float, total: int, state: str) -> None:
        """Shows where the sweep is.

        Args:
            done: how many programs are done, with the part of those that run, where it is known.
            total: how many there are.
            state: what else there is to say, in few words.
        """
        if self._since is None:
            self._since, self._told = (time.monotonic(), done), int(done)
        left = self._left(done, total)
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, total=total, completed=done, state=state, left=left)
        elif int(done) > self._told:
            self._told = int(done)
            words = [
                f"{int(done)} of {counted(total, 'program')}",
                *filter(None, (state, left)),
            ]
            self.tell(f"{self._description}: {', '.join(words)}")

    def tell(self, line: str) -> None:
        """Prints a line, above the bar if there is one."""
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _left(self, done: float, total: int) -> str:
        """Returns the time that the rest will take, if it goes on as fast as it went."""
        from rnnjax.runs.progress import clock  # imports JAX

        assert self._since is not None, "there was a first look"
        began, before = self._since
        if done <= before or done >= total:
            return ""
        seconds = (time.monotonic() - began) / (done - before) * (total - done)
        return f"{clock(math.ceil(seconds))} left"


def counted(count: int, noun: str) -> str:
    """Returns a number of things in words.

    Example:
        >>> counted(1, "program"), counted(2, "program")
        ('1 program', '2 programs')
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _make_bar(console: "Console") -> "Bar":
    from rich.progress import BarColumn, ProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar
    from rich.table import Column

    rest = Column(ratio=1, no_wrap=True)  # gets what the others leave
    count = TextColumn("{task.completed:.0f}/{task.total}", style="green")
    left = TextColumn("{task.fields[left]}", style="dim")
    columns: list[ProgressColumn]
    if console.width < _ROOMY:
        columns = [count, TextColumn("{task.fields[state]}", style="cyan", table_column=rest), left]
    else:
        name = TextColumn("{task.description}", style="bold", markup=False)
        state = TextColumn("{task.fields[state]}", style="cyan")
        bar = BarColumn(bar_width=None, table_column=rest)
        columns = [name, bar, count, state, TimeElapsedColumn(), left]
    return Bar(*columns, console=console, expand=True)
