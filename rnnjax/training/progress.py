"""The progress bar of a run, for a person at a terminal."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar


class Progress:
    """Shows the steps done, loss, accuracy, speed, and the time gone and left, on stderr.

    Args:
        total_steps: the steps of the whole run.
        start_step: the steps that were done before, when a run is resumed.
        description: what runs, shown first.
        enabled: whether to draw; by default where stderr is a terminal. Nothing is printed
            otherwise.
        console: where to draw instead of stderr.

    Example:
        >>> with Progress(1000, description="adding") as progress:  # doctest: +SKIP
        ...     progress.update(100, {"loss": 0.17}, examples_per_second=51_200.0)
    """

    def __init__(
        self,
        total_steps: int,
        start_step: int = 0,
        description: str = "",
        enabled: bool | None = None,
        console: "Console | None" = None,
    ):
        self._total, self._start, self._description = total_steps, start_step, description
        self._enabled = sys.stderr.isatty() if enabled is None else enabled
        self._console = console
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        if self._enabled:
            self._bar = _make_bar(self._console)
            self._bar.add_task(
                self._description, total=self._total, completed=self._start, metrics="", speed=""
            )
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, step: int, metrics: dict[str, float], examples_per_second: float) -> None:
        """Moves the bar to `step` and shows the newest numbers.

        Args:
            step: the steps done.
            metrics: `loss` and `accuracy` are shown, as far as they are there.
            examples_per_second: the speed since the last time.
        """
        if self._bar is None:
            return
        # Short enough for eighty columns and a bar.
        shown = [("loss", "loss"), ("accuracy", "acc")]
        speed = examples_per_second
        self._bar.update(
            self._bar.task_ids[0],
            completed=step,
            metrics=" ".join(f"{label} {metrics[k]:#.4g}" for k, label in shown if k in metrics),
            speed=f"{speed:,.0f} ex/s" if speed < 1e4 else f"{speed / 1e3:,.0f}k ex/s",
        )


def _make_bar(console: "Console | None") -> "Bar":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar
    from rich.table import Column

    return Bar(
        TextColumn("{task.description}", style="bold", markup=False),
        BarColumn(bar_width=None, table_column=Column(ratio=1)),  # what the numbers leave
        MofNCompleteColumn(),
        TextColumn("{task.fields[metrics]}", style="cyan"),
        TextColumn("{task.fields[speed]}", style="dim"),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
        console=console or Console(stderr=True),
        expand=True,
    )
