"""How far a run is: a bar for a person at a terminal, elsewhere a line an evaluation."""

import os
import sys
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.live import Live

# What a bar shows, in its order, and what stays longest where it is narrow.
_ORDER = ("name", "bar", "count", "loss", "metric", "speed", "gone", "left")
_IMPORTANCE = ("count", "loss", "metric", "left", "bar", "speed", "gone", "name")
_STYLES = {"name": "bold", "loss": "cyan", "metric": "cyan", "speed": "dim", "gone": "dim"}
_SHORTEST = 10  # of a bar


class Progress:
    """Shows steps, loss, the validation metric, speed, and the time gone and left, on stderr.

    On a terminal a bar; where it is too narrow, what matters least is left out. Elsewhere, as in
    the log of a job, one line an evaluation.

    Args:
        total_steps: the steps of the whole run.
        start_step: the steps that were done before, when a run is resumed.
        description: what runs, shown first in a bar that has room for it.
        enabled: False for silence, True for a bar; by default a bar on a terminal, lines elsewhere.
        console: where to show it instead of stderr.

    Example:
        >>> from rich.console import Console
        >>> with Progress(1000, console=Console(file=sys.stdout)) as progress:
        ...     progress.logged(100, {"loss": 0.25}, examples_per_second=51_200.0)
        ...     progress.evaluated(100, {"validation": {"loss": 0.5, "accuracy": 0.875}})
        step 100/1000  train loss 0.2500  validation accuracy 0.8750  51k ex/s  ... left
    """

    def __init__(
        self,
        total_steps: int,
        start_step: int = 0,
        description: str = "",
        enabled: bool | None = None,
        console: "Console | None" = None,
    ):
        self._at = _Standing(total_steps, start_step, description)
        self._enabled, self._console = enabled, console
        self._is_open = False
        self._live: Live | None = None

    def __enter__(self) -> Self:
        self._is_open = True
        self._at.begin()
        is_bar = self._on_terminal() if self._enabled is None else self._enabled
        if is_bar:
            from rich.console import Console
            from rich.live import Live

            self._live = Live(_Bar(self._at), console=self._console or Console(stderr=True))
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_open = False
        if self._live is not None:
            self._live.stop()

    def logged(self, step: int, metrics: dict[str, float], examples_per_second: float) -> None:
        """Shows the newest numbers of training, on a terminal.

        Args:
            step: the steps done.
            metrics: of training, of which `loss` is shown.
            examples_per_second: the speed since the last time.
        """
        self._at.log(step, metrics, examples_per_second)

    def evaluated(self, step: int, metrics: dict[str, dict[str, float]]) -> None:
        """Shows the numbers of an evaluation: the accuracy, or else another metric, or the loss.

        Args:
            step: the steps done.
            metrics: by split.
        """
        self._at.evaluate(step, metrics)
        if self._is_open and self._live is None and self._enabled is not False:
            file = sys.stderr if self._console is None else self._console.file
            if file is not None:  # as it is where it was closed
                print("  ".join(self._at.line()), file=file, flush=True)

    def _on_terminal(self) -> bool:
        if self._console is not None:
            return self._console.is_terminal and not self._console.is_dumb_terminal
        return (
            sys.stderr is not None
            and sys.stderr.isatty()
            and os.environ.get("TERM") not in ("dumb", "unknown")
        )


class _Standing:
    """What is known of a run so far, in words."""

    def __init__(self, total: int, start: int, name: str):
        self.total, self.step, self.name = total, start, name
        self._start = start
        self._loss: float | None = None
        self._evaluated: dict[str, dict[str, float]] = {}
        self._speed: float | None = None
        self.begin()

    def begin(self) -> None:
        self._begin = time.monotonic()
        self._first: tuple[int, float] | None = None  # step and time of the first log
        self._last = (self.step, self._begin)

    def log(self, step: int, metrics: dict[str, float], speed: float) -> None:
        self._reach(step)
        self._loss, self._speed = metrics.get("loss"), speed

    def evaluate(self, step: int, metrics: dict[str, dict[str, float]]) -> None:
        self._reach(step)
        self._evaluated = {split: found for split, found in metrics.items() if found}

    def _reach(self, step: int) -> None:
        if step > self.step:
            self._last = (step, time.monotonic())
            # Counted from the first, so that compiling is not taken for training.
            self._first = self._first or self._last
        self.step = step

    def line(self) -> list[str]:
        """Returns what a line in a log says."""
        parts = [f"step {self.step}/{self.total}"]
        if self._loss is not None:
            parts.append(f"train loss {self._loss:#.4g}")
        for split, metrics in self._evaluated.items():
            name, value = _main(metrics)
            parts.append(f"{split} {name.replace('_', ' ')} {value:#.4g}")
        parts += [text for text in (self.speed(), self.gone(), self.left()) if text]
        return parts

    def short(self) -> dict[str, str]:
        """Returns what a bar says, by what it is; nothing of what is not known."""
        parts = {"name": self.name, "count": f"{self.step}/{self.total}"}
        if self._loss is not None:
            parts["loss"] = f"loss {self._loss:#.3g}"
        split = "validation" if "validation" in self._evaluated else "test"
        if split in self._evaluated:
            name, value = _main(self._evaluated[split])
            label = {"validation": "val", "accuracy": "acc"}
            parts["metric"] = f"{label.get(split, split)} {label.get(name, name)} {value:#.4g}"
        parts |= {"speed": self.speed(), "gone": self.gone(), "left": self.left()}
        return {name: text for name, text in parts.items() if text}

    def speed(self) -> str:
        if self._speed is None:
            return ""
        for factor, letter in ((1e6, "M"), (1e3, "k")):
            if self._speed >= 10 * factor:
                return f"{self._speed / factor:,.0f}{letter} ex/s"
        return f"{self._speed:,.0f} ex/s"

    def gone(self) -> str:
        return f"{clock(time.monotonic() - self._begin)} gone"

    def left(self) -> str:
        (step, then), start = self._last, self._first
        if start is None or step >= self.total:
            return ""
        if start == self._last:  # all there is to go by
            start = self._start, self._begin
        seconds = (self.total - step) * (then - start[1]) / (step - start[0])
        return f"{clock(max(0.0, seconds - (time.monotonic() - then)))} left"


class _Bar:
    """One line for a terminal: as much of a standing as its width has room for."""

    def __init__(self, at: _Standing):
        self._at = at

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        """Yields the line."""
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        parts = self._at.short()
        widths = {name: len(text) for name, text in parts.items()} | {"bar": _SHORTEST}
        chosen, room = _fitting(widths, options.max_width)
        cells = [
            ProgressBar(self._at.total, self._at.step, width=_SHORTEST + room)
            if name == "bar"
            else Text(parts[name], style=_STYLES.get(name, ""), no_wrap=True)
            for name in chosen
        ]
        line = Table.grid(padding=(0, 1), pad_edge=False)
        line.add_row(*cells)
        yield line


def _fitting(widths: dict[str, int], width: int) -> tuple[list[str], int]:
    """Returns what of a bar fits in `width`, in its order, and what is left of the room."""
    chosen, room = set(), width + 1  # a space follows each, the last one too
    for name in _IMPORTANCE:
        if name in widths and (widths[name] < room or not chosen):
            chosen.add(name)
            room -= widths[name] + 1
    return [name for name in _ORDER if name in chosen], max(0, room)


def _main(metrics: dict[str, float]) -> tuple[str, float]:
    """Returns the metric that says most: an accuracy, or else the first beside the loss."""
    names = sorted(metrics, key=lambda name: ("accuracy" not in name, name == "loss"))
    return names[0], metrics[names[0]]


def clock(seconds: float) -> str:
    """Returns a time as a clock shows it, without what is left of the last second.

    Example:
        >>> clock(59.9), clock(3661)
        ('0:59', '1:01:01')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
