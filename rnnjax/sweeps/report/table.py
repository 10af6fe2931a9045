"""The results of a sweep in rows, and on screen."""

import math
import os
from typing import TYPE_CHECKING, NamedTuple

from rnnjax.sweeps.estimates import Estimate
from rnnjax.sweeps.records import Group, Point, Sweep, read_sweep
from rnnjax.sweeps.report.labels import name_result, name_run, name_settings, shorten

if TYPE_CHECKING:
    from rich.console import Console

MOST_ROWS = 20  # of a ranking
_COMMANDS = 3
_FACTOR = "×/÷"  # noqa: RUF001
_WRAP = 22  # letters that stay in one line


class Rows(NamedTuple):
    """A table.

    Attributes:
        head: the columns' names: one, then the settings, then others.
        rows: a list of cells each.
        settings: how many settings there are.
    """

    head: list[str]
    rows: list[list[str]]
    settings: int


def print_report(workdir: str | os.PathLike[str], console: "Console") -> None:
    """Prints a sweep's results, best first, and the commands that repeat the best.

    Args:
        workdir: the sweep's folder, finished or not.
        console: where to print.

    Raises:
        ValueError: if the folder holds no sweep.

    Example:
        >>> from rich.console import Console
        >>> print_report("runs/adding-sweep", Console())  # doctest: +SKIP
    """
    sweep = read_sweep(workdir)
    table = ranking_rows(sweep)
    if table.rows:
        _say(console, f"{name_run(sweep)}: {sweep.text}")
        _print_table(console, table)
        if len(table.rows) > MOST_ROWS:
            _say(console, f"... and {len(table.rows) - MOST_ROWS} more")
    for line in summary_lines(sweep):
        _say(console, line)
    _print_commands(console, sweep)


def summary_lines(sweep: Sweep) -> list[str]:
    """Returns how far a sweep is, how it is ranked, what its means are and lacks, a line each."""
    left_out = [f"Left out, the sweep's command makes it again: {why}" for why in sweep.left_out]
    return [*_how_far(sweep), *left_out]


def _how_far(sweep: Sweep) -> list[str]:
    counts = ", ".join(f"{count} {status}" for status, count in sweep.counts().items())
    if not counts:
        return ["No points yet."]
    count = len(sweep.points)
    total = f"{count}" if sweep.planned in (count, None) else f"{count} of {sweep.planned}"
    progress = f"{total} point{'s' * (total != '1')}: {counts}."
    if not sweep.finished():
        return [f"{progress} None has a result."]
    return [progress, _ranked_by(sweep), *_averaged_how(sweep)]


def _ranked_by(sweep: Sweep) -> str:
    better = "more" if sweep.higher_is_better else "less"
    start = f"Ranked by {name_result(sweep)}, {better} is better"
    if sweep.split == "test":
        return f"{start}, at the last step. Nothing was held out to choose by."
    return f"{start}, at each run's best step; the test column is of the same step."


def _averaged_how(sweep: Sweep) -> list[str]:
    if all(len(group.points) == 1 for group in sweep.groups()):
        return []
    if not sweep.is_logarithmic:
        return ["Means over seeds ± 95 % confidence intervals."]
    how = f"Geometric means over seeds {_FACTOR} factors of 95 % confidence intervals"
    return [f"{how}, because the {sweep.metric} spans more than a decade."]


def ranking_rows(sweep: Sweep) -> Rows:
    """Returns a row a group of points that differ in their seed alone, best first.

    Where groups have one point each, a row has that point's results instead of means.
    """
    groups = sweep.groups()
    alone = all(len(group.points) == 1 for group in groups)
    names = [name for name in sweep.axes if alone or name != "seed"]
    cells = _point_cells if alone else _group_cells
    rows = []
    for rank, group in enumerate(groups, start=1):
        settings = [shorten(group.points[0].settings[name]) for name in names]
        rows.append([str(rank) if group.result else "-", *settings, *cells(sweep, group)])
    end = ["point"] if alone else ["seeds", "best point"]
    return Rows(["rank", *names, *_splits(sweep), *end], rows, len(names))


def point_rows(sweep: Sweep) -> Rows:
    """Returns a row a point, best first, with the command that repeats it."""
    rows = []
    for point in sweep.ranked():
        settings = [shorten(point.settings[name]) for name in sweep.axes]
        results = _result_cells(sweep, point)
        rows.append([f"{point.number:04d}", *settings, *results, point.command])
    return Rows(["point", *sweep.axes, *_splits(sweep), "command"], rows, len(sweep.axes))


def _splits(sweep: Sweep) -> list[str]:
    """Returns on which data there are results: what points are ranked by, and test data."""
    return list(dict.fromkeys([sweep.split, "test"]))


def _result_cells(sweep: Sweep, point: Point) -> list[str]:
    results = [point.result(split, sweep.metric) for split in _splits(sweep)]
    texts = ["" if result is None else f"{result:.4g}" for result in results]
    return [texts[0] or _status(point), *texts[1:]]


def _point_cells(sweep: Sweep, group: Group) -> list[str]:
    return [*_result_cells(sweep, group.points[0]), f"{group.points[0].number:04d}"]


def _group_cells(sweep: Sweep, group: Group) -> list[str]:
    finished = [point for point in group.points if sweep.result(point) is not None]
    others = [_status(point) for point in group.points if sweep.result(point) is None]
    words = [f"{others.count(word)} {word}" for word in dict.fromkeys(others)]
    means = [group.result, group.test][: len(_splits(sweep))]
    texts = [format_estimate(mean) if mean else "" for mean in means]
    if not finished:
        return [", ".join(dict.fromkeys(others)), *texts[1:], ", ".join(words), ""]
    best = f"{sweep.result(finished[0]):.4g} ({finished[0].number:04d})"
    return [*texts, ", ".join([str(len(finished)), *words]), best]


def _status(point: Point) -> str:
    return "not finite" if point.status == "finished" else point.status


def format_estimate(estimate: Estimate) -> str:
    """Returns a mean with its interval, to the interval's second digit.

    Example:
        >>> format_estimate(Estimate(0.0123456, 0.00123))
        '0.0123 ± 0.0012'
        >>> format_estimate(Estimate(0.000634, 2.345, geometric=True))
        '0.00063 ×/÷ 2.3'
    """
    mean, interval = estimate.mean, estimate.interval
    if interval is None or not math.isfinite(interval) or interval == float(estimate.geometric):
        return f"{mean:.4g}"
    if estimate.geometric:
        decimals = max(1 - math.floor(math.log10(interval - 1)), 0)
        factor = f"{interval:.{decimals}f}" if interval < 1e4 else f"{interval:.1e}"
        return f"{mean:.{min(max(1 + decimals, 2), 6)}g} {_FACTOR} {factor}"
    decimals = max(1 - math.floor(math.log10(interval)), 0)
    if decimals <= 6:
        return f"{mean:.{decimals}f} ± {interval:.{decimals}f}"
    return f"{mean:.4g} ± {interval:.2g}"


def _print_table(console: "Console", table: Rows) -> None:
    """Prints the first rows, the settings in one column where they do not fit one by one."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    head, rows, last = table.head, table.rows, 1 + table.settings
    if _width(head, rows) > console.width and table.settings > 1:
        names = head[1:last]
        merged = [name_settings(dict(zip(names, row[1:last], strict=True)), names) for row in rows]
        rows = [[row[0], text, *row[last:]] for row, text in zip(rows, merged, strict=True)]
        head = [head[0], "settings", *head[last:]]
    needed = _width(head, rows)
    shown = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
        width=needed if needed > console.width else None,  # no number is ever cut off
    )
    for name, *column in zip(head, *rows, strict=True):
        wraps = max(map(len, column)) > _WRAP
        shown.add_column(name, overflow="fold", no_wrap=not wraps)
    for row in rows[:MOST_ROWS]:
        shown.add_row(*map(Text, row))
    console.print(shown, crop=False)


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
