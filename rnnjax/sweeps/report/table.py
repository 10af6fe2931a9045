"""The results of a sweep in rows, and on screen."""

import math
import os
from typing import TYPE_CHECKING

from rnnjax.sweeps.records import Group, Point, Sweep, read_sweep
from rnnjax.sweeps.report.scales import name_settings, shorten

if TYPE_CHECKING:
    from rich.console import Console

Rows = tuple[list[str], list[list[str]]]  # the head, then a list of cells a row

MOST_ROWS = 20  # of a ranking
_COMMANDS = 3
_WRAP = 22  # letters that stay in one line


def print_report(workdir: str | os.PathLike[str], console: "Console") -> None:
    """Prints a sweep's results, best first, and the commands that repeat the best.

    Args:
        workdir: the sweep's folder, finished or not.
        console: where to print.

    Raises:
        ValueError: if the folder holds no sweep.
    """
    sweep = read_sweep(workdir)
    head, rows = ranking_rows(sweep)
    if rows:
        _print_table(console, sweep, head, rows)
    if len(rows) > MOST_ROWS:
        _say(console, f"... and {len(rows) - MOST_ROWS} more")
    _say(console, progress_line(sweep))
    _print_commands(console, sweep)


def progress_line(sweep: Sweep) -> str:
    """Returns how many points there are, and how many of each status."""
    counts = ", ".join(f"{count} {status}" for status, count in sweep.counts().items())
    count = len(sweep.points)
    total = f"{count}" if sweep.planned in (count, None) else f"{count} of {sweep.planned}"
    return f"{total} point{'s' * (total != '1')}: {counts}." if counts else "No points yet."


def ranking_rows(sweep: Sweep) -> Rows:
    """Returns a row a group of points that differ in their seed alone, best first.

    Where groups have one point each, a row has the last and the best evaluation instead of a mean
    and the best point.
    """
    groups = sweep.groups()
    names = [name for name in sweep.axes if name != "seed"]
    alone = all(len(group.points) == 1 for group in groups)
    names = list(sweep.axes) if alone else names
    metric = sweep.metric
    own, shared = ["final", "best", "point"], ["mean ± 95 %", "seeds", "best point"]
    rows = []
    for rank, group in enumerate(groups, start=1):
        settings = [shorten(group.points[0].settings[name]) for name in names]
        cells = _point_cells(group.points[0], metric) if alone else _group_cells(group, metric)
        rows.append([str(rank) if group.mean is not None else "-", *settings, *cells])
    return ["rank", *names, *(own if alone else shared)], rows


def point_rows(sweep: Sweep) -> Rows:
    """Returns a row a point, best first, with the command that repeats it."""
    head = ["point", *sweep.axes, "final", "best", "command"]
    rows = []
    for point in sweep.ranked():
        final, best, number = _point_cells(point, sweep.metric)
        settings = [shorten(point.settings[name]) for name in sweep.axes]
        rows.append([number, *settings, final, best, point.command])
    return head, rows


def _point_cells(point: Point, metric: str) -> list[str]:
    result = point.result(metric)
    best = (point.best or {}).get(metric)
    final = f"{result:.4g}" if result is not None else _status(point)
    return [final, "" if best is None else f"{best:.4g}", f"{point.number:04d}"]


def _group_cells(group: Group, metric: str) -> list[str]:
    finished = [point for point in group.points if point.result(metric) is not None]
    others = [_status(point) for point in group.points if point.result(metric) is None]
    words = [f"{others.count(word)} {word}" for word in dict.fromkeys(others)]
    if not finished:
        return [", ".join(dict.fromkeys(others)), ", ".join(words), ""]
    best = finished[0]
    return [
        format_mean(group.mean, group.interval),
        ", ".join([str(len(finished)), *words]),
        f"{best.result(metric):.4g} ({best.number:04d})",
    ]


def _status(point: Point) -> str:
    return "not finite" if point.status == "finished" else point.status


def format_mean(mean: float | None, interval: float | None) -> str:
    """Returns a mean with its interval, both to the interval's second digit."""
    if mean is None:
        return ""
    if not interval or not math.isfinite(interval):
        return f"{mean:.4g}"
    decimals = max(1 - math.floor(math.log10(interval)), 0)
    if decimals <= 6:
        return f"{mean:.{decimals}f} ± {interval:.{decimals}f}"
    return f"{mean:.4g} ± {interval:.2g}"


def _print_table(console: "Console", sweep: Sweep, head: list[str], rows: list[list[str]]) -> None:
    """Prints the first rows, the settings in one column where they do not fit one by one."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    if _width(head, rows) > console.width and len(head) > 5:
        names = head[1:-3]
        merged = [name_settings(dict(zip(names, row[1:-3], strict=True)), names) for row in rows]
        rows = [[row[0], text, *row[-3:]] for row, text in zip(rows, merged, strict=True)]
        head = [head[0], "settings", *head[-3:]]
    needed = _width(head, rows)
    table = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
        width=needed if needed > console.width else None,  # no number is ever cut off
    )
    for name, *column in zip(head, *rows, strict=True):
        wraps = max(map(len, column)) > _WRAP
        table.add_column(name, overflow="fold", no_wrap=not wraps)
    for row in rows[:MOST_ROWS]:
        table.add_row(*map(Text, row))
    _say(console, f"{sweep.experiment}, {sweep.text}, by test {sweep.metric}")
    console.print(table, crop=False)


def _width(head: list[str], rows: list[list[str]]) -> int:
    """Returns how wide a table is whose long cells are wrapped."""
    columns = zip(head, *rows, strict=True)
    return sum(max(min(max(map(len, c)), _WRAP), len(c[0])) + 2 for c in columns)


def _print_commands(console: "Console", sweep: Sweep) -> None:
    """Prints how to repeat the best points, and where the others are."""
    best = sweep.finished()[:_COMMANDS]
    if best:
        _say(console, "To repeat the best:" if len(best) > 1 else "To repeat it:")
        for point in best:
            _say(console, f"  {point.command}")
    if len(sweep.points) > len(best):
        _say(console, f"Each point has its flags.txt in {sweep.folder / 'points'}.")


def _say(console: "Console", text: str) -> None:
    """Prints a line as it is, however long."""
    console.print(text, soft_wrap=True, markup=False, highlight=False)
