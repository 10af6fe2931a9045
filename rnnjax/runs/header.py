"""What a run says before it begins."""

import os
from typing import TYPE_CHECKING, TextIO

from rnnjax.training.memory import in_words

if TYPE_CHECKING:
    from rich.console import Console


def print_header(
    out: "Console | TextIO",
    *,
    name: str,
    network: str,
    task: str,
    parameters: int,
    bytes_needed: int | None,
    bytes_carried: int = 0,
    devices: str,
    data: str | None,
    workdir: str | os.PathLike[str],
) -> None:
    """Prints what is trained, on what and where: a name and aligned lines below it.

    On a terminal long lines are wrapped under their beginning; elsewhere, as in the log of a job,
    each stays one line, so that it can be searched for.

    Args:
        out: a `rich.console.Console`, or a file such as `sys.stderr`.
        name: what the run is called.
        network: the cell or the whole network, as its constructor call.
        task: what is trained on, likewise.
        parameters: how many numbers are learned.
        bytes_needed: the memory that training needs on each device; left out if None.
        bytes_carried: of these, what a learning rule carries forward in time.
        devices: what computes.
        data: where the data come from, and how many; left out if None.
        workdir: the run's folder.

    Example:
        >>> import sys
        >>> print_header(
        ...     sys.stdout,
        ...     name="adding",
        ...     network="GRU(hidden=64)",
        ...     task="Adding(length=100)",
        ...     parameters=12929,
        ...     bytes_needed=3_100_000,
        ...     devices="1 x cpu",
        ...     data="drawn at random",
        ...     workdir="runs/adding",
        ... )
        adding
          network     GRU(hidden=64)
          task        Adding(length=100)
          parameters  12,929
          memory      3.1 MB
          devices     1 x cpu
          data        drawn at random
          workdir     runs/adding
    """
    from rich.console import Console

    rows = {"network": network, "task": task, "parameters": f"{parameters:,}"}
    if bytes_needed is not None:
        of_rule = f", {in_words(bytes_carried)} of it the rule's" if bytes_carried else ""
        rows["memory"] = f"{in_words(bytes_needed)}{of_rule}"
    rows["devices"] = devices
    if data is not None:
        rows["data"] = data
    rows["workdir"] = os.fspath(workdir)
    console = out if isinstance(out, Console) else Console(file=out)
    if console.is_terminal:
        _print_wrapped(console, name, rows)
    else:
        lines = [name, *(f"  {label:<{_width(rows)}}{text}" for label, text in rows.items())]
        print("\n".join(lines), file=console.file, flush=True)


def _print_wrapped(console: "Console", name: str, rows: dict[str, str]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid()
    table.add_column(width=_width(rows) + 2, no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in rows.items():
        # As text: what it says is no markup, and a path is not coloured in parts.
        table.add_row(Text(f"  {label}", style="dim"), Text(text))
    console.print(Text(name, style="bold"))
    console.print(table)


def _width(rows: dict[str, str]) -> int:
    return max(map(len, rows)) + 2
