"""Asking a tool of a run: the experiment `analyse`."""

import io
import pathlib
from typing import Annotated, Any, Literal

import numpy as np

from rnnjax.analysis.tools import TOOLS, Findings, describe, read_tool
from rnnjax.lab.cache import use_compilation_cache
from rnnjax.runs.durable import write_bytes
from rnnjax.runs.load import LoadedRun, load
from rnnjax.runs.workdir import write_json
from rnnjax.typing import Static

_NAMES = ", ".join(tool.__name__ for tool in TOOLS)


class Analyse(Static):
    """What is asked of which run.

    Example:
        >>> Analyse().tool is None
        True
    """

    run: Annotated[str | None, "The folder of a run, finished or not."] = None
    tool: Annotated[
        str | None,
        f"What looks at it, a name or a call with settings: {'; '.join(map(describe, TOOLS))}",
    ] = None
    which: Annotated[
        Literal["best", "last"], "The parameters that validation chose, or the last."
    ] = "best"

    def __call__(self) -> None:
        """Asks, writes `RUN/analysis/TOOL/` and prints what was found.

        Raises:
            ValueError: if there is no such run or tool, or it does not serve the run's network.
        """
        if self.tool is None:
            raise ValueError(f"name a tool, --tool=NAME: {_NAMES}")
        name, tool = read_tool(self.tool, TOOLS)
        if self.run is None:
            raise ValueError(f"name the folder of a run for {name}: --run=WORKDIR")
        use_compilation_cache()
        run = load(self.run, self.which)
        try:
            findings = tool(run)
        except (TypeError, ValueError) as error:
            raise ValueError(f"--tool={self.tool}: {error}") from error
        folder = run.folder / "analysis" / name  # of one tool the newest findings stay
        _write(folder, findings)
        _print(run, name, findings)
        print(f"{name} {findings.headline()} folder={folder}")


def _write(folder: pathlib.Path, findings: Findings) -> None:
    from rnnjax.runs.figures.style import save_figure

    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "numbers.json", dict(findings.numbers), synced=False)
    if findings.arrays:
        _write_arrays(folder / "arrays.npz", findings)
    for name, figure in findings.figures.items():
        save_figure(figure, folder / f"{name}.png")
    for name, page in findings.pages.items():
        write_bytes(folder / f"{name}.html", page.encode(), synced=False)


def _write_arrays(path: pathlib.Path, findings: Findings) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **dict[str, Any](findings.arrays))
    write_bytes(path, buffer.getvalue(), synced=False)


def _print(run: LoadedRun, name: str, findings: Findings) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{name} of {run.folder.name}", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for row in findings.rows():
        table.add_row(*row)
    Console().print(table)
