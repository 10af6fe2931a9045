"""The tables of cells, from their docstrings: for a terminal, `docs/cells.md` and README.

`python -m rnnjax.lab.listing` in the root of the repository writes the latter two anew, and those
of tasks.
"""

import inspect
import itertools
import math
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import jax

from rnnjax import unroll
from rnnjax.cells import AssociativeCell, Cell, GatedCell, LinearCell, SplitCell

_CONTRACTS = (LinearCell, AssociativeCell, GatedCell, SplitCell, Cell)  # the strongest first
WIDTH = 128  # of cells and inputs, where parameters are counted


class Row(NamedTuple):
    """What the table says of a cell.

    Example:
        >>> from rnnjax import cells
        >>> row(cells.LRU)._replace(paper="...", file="...")
        Row(name='LRU', contract='LinearCell', family='linear', year=2023, parameters=82304, \
summary='Linear recurrent unit.', paper='...', file='...')
    """

    name: str
    contract: str
    family: str  # its folder
    year: int  # of the first paper that it names
    parameters: int | None  # of WIDTH units and inputs; None where a cell is not made by its width
    summary: str  # its docstring's first line
    paper: str  # the first that it names
    file: str  # from the root of the repository


def row(cell: type[Cell]) -> Row:
    """Reads a cell's class.

    Raises:
        ValueError: if its docstring names no year under `References:`.

    Example:
        >>> from rnnjax import cells
        >>> row(cells.GRU).contract, row(cells.GRU).year
        ('GatedCell', 2014)
    """
    doc = inspect.getdoc(cell) or ""
    papers = doc.partition("References:")[2].partition("Example:")[0]
    year = re.search(r"\((\d{4})\)", papers)
    if year is None:
        raise ValueError(f"the docstring of {cell.__name__} needs a year under References:")
    return Row(
        name=cell.__name__,
        contract=next(c for c in _CONTRACTS if issubclass(cell, c)).__name__,
        family=_family(cell).rpartition(".")[2],
        year=int(year[1]),
        parameters=_count_parameters(cell),
        summary=doc.partition("\n")[0],
        paper=first_paper(papers),
        file=f"{cell.__module__.replace('.', '/')}.py",
    )


def rows(cells: Iterable[type[Cell]]) -> list[Row]:
    """Returns cells by family and year, the family of the oldest cell first.

    Example:
        >>> from rnnjax import cells
        >>> [r.name for r in rows([cells.LRU, cells.GRU, cells.LSTM])]
        ['LSTM', 'GRU', 'LRU']
    """
    found = [row(cell) for cell in cells]
    born = {r.family: min(o.year for o in found if o.family == r.family) for r in found}
    return sorted(found, key=lambda r: (born[r.family], r.family, r.year, r.name.lower()))


def text(cells: Iterable[type[Cell]]) -> str:
    """Returns the table for a terminal, a family after the other under its equation.

    Example:
        >>> from rnnjax import cells
        >>> print(text([cells.LRU]).splitlines()[1])
          LRU  LinearCell  linear  2023  82,304  Linear recurrent unit.
    """
    cells = list(cells)
    table, equations = rows(cells), _equations(cells)
    lines = [
        (r.name, r.contract, r.family, str(r.year), _number(r.parameters), r.summary) for r in table
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)][:-1]
    blocks = []
    for family, members in itertools.groupby(lines, key=lambda line: line[2]):
        block = [equations[family].replace("`", "")]
        for *columns, number, summary in members:
            padded = [f"{x:<{w}}" for x, w in zip(columns, widths, strict=False)]
            block.append("  " + "  ".join([*padded, f"{number:>{widths[-1]}}", summary]))
        blocks.append("\n".join(block))
    legend = f"  The numbers are parameters with {WIDTH} units and inputs."
    return "\n\n".join([*blocks, legend])


def markdown(cells: Iterable[type[Cell]]) -> str:
    """Returns the table as a document, with the engines that run each cell.

    Example:
        >>> from rnnjax import cells
        >>> print(markdown([cells.LRU]).splitlines()[-1][:62])
        | [`LRU`](../rnnjax/cells/linear/lru.py) | LinearCell | 82,304
    """
    kinds = {cell.__name__: cell for cell in cells}
    table, equations = rows(kinds.values()), _equations(kinds.values())
    every = sorted(set(unroll.__all__).intersection(*map(_engines, kinds.values())) or {"scan"})
    parts = [
        "# Cells",
        f"{len(kinds)} cells, from their docstrings (`python -m rnnjax.lab.listing`). Parameters "
        f"are counted with {WIDTH} units and inputs. All cells run on {_quoted(every)}; the tables "
        "name the other engines.",
    ]
    for family, members in itertools.groupby(table, key=lambda r: r.family):
        lines = [f"## {family}", "", equations[family], ""]
        lines += [
            "| cell | contract | parameters | engines | what it is | paper |",
            "|---" * 6 + "|",
        ]
        for r in members:
            engines = [name for name in _engines(kinds[r.name]) if name not in every]
            cells_of_row = (
                f"[`{r.name}`](../{r.file})",
                r.contract,
                _number(r.parameters),
                _quoted(engines),
                r.summary.rstrip("."),
                r.paper,
            )
            lines.append(f"| {' | '.join(cells_of_row)} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def summary(cells: Iterable[type[Cell]]) -> str:
    """Returns a line a family for README, with the names of its cells.

    Example:
        >>> from rnnjax import cells
        >>> print(summary([cells.LRU, cells.MinGRU]).splitlines()[-1][:50])
        | [linear](rnnjax/cells/linear) | Linear recurrenc
    """
    cells = list(cells)
    table, equations = rows(cells), _equations(cells)
    lines = ["| family | what its cells share | cells |", "|---" * 3 + "|"]
    for family, members in itertools.groupby(table, key=lambda r: r.family):
        names = ", ".join(f"`{r.name}`" for r in members)
        equation = equations[family].rstrip(".")
        lines.append(f"| [{family}](rnnjax/cells/{family}) | {equation} | {names} |")
    return "\n".join(lines)


def _family(cell: type[Cell]) -> str:
    return cell.__module__.rpartition(".")[0]


def _equations(cells: Iterable[type[Cell]]) -> dict[str, str]:
    """Returns the first line of each family's docstring."""
    packages = {_family(cell) for cell in cells}
    return {
        package.rpartition(".")[2]: (sys.modules[package].__doc__ or "").partition("\n")[0]
        for package in packages
    }


def first_paper(papers: str) -> str:
    r"""Returns the first of several references, in one line.

    Example:
        >>> first_paper("  Elman (1990), In time.\n  Jordan (1986), Serial order.")
        'Elman (1990), In time'
    """
    lines = papers.strip("\n").splitlines()
    margin = len(lines[0]) - len(lines[0].lstrip())
    entry = [lines[0].strip()]
    for line in lines[1:]:
        if re.match(rf"\s{{{margin}}}[^\s(]*[^\s].*\(\d{{4}}\)", line) and entry[-1].endswith("."):
            break
        if not line.strip():
            break
        entry.append(line.strip())
    return " ".join(entry).rstrip(".")


def _made(cell: type[Cell]) -> Cell | None:
    """Returns an instance by its width alone; None where that is not all it needs."""
    try:
        return cell(WIDTH)  # pyright: ignore[reportCallIssue]
    except TypeError:
        return None


def _count_parameters(cell: type[Cell]) -> int | None:
    made = _made(cell)
    if made is None:
        return None
    params = jax.eval_shape(lambda key: made.init(key, WIDTH), jax.random.key(0))
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(params))


def _engines(cell: type[Cell]) -> list[str]:
    """Returns the names of the engines that run a cell; of its contract where it cannot be made."""
    made, engines = _made(cell), {name: getattr(unroll, name) for name in unroll.__all__}
    if made is None:
        return [name for name, e in engines.items() if issubclass(cell, e.contracts)]
    return [name for name, engine in engines.items() if engine.serves(made)]


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _number(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def main() -> None:
    """Writes `docs/cells.md`, `docs/tasks.md` and the two tables of README anew."""
    from rnnjax import cells, tasks
    from rnnjax.lab import task_listing

    found = [getattr(cells, name) for name in cells.__all__]
    asked = task_listing.published(tasks)
    Path("docs").mkdir(exist_ok=True)
    Path("docs/cells.md").write_text(markdown(found))
    Path("docs/tasks.md").write_text(task_listing.markdown(asked))
    readme = Path("README.md").read_text()
    for first, text in (("family", summary(found)), ("kind", task_listing.summary(asked))):
        table = re.compile(rf"^\| {first} \|.*\n(\|.*\n)*", re.MULTILINE)
        readme = table.sub(f"{text}\n".replace("\\", r"\\"), readme, count=1)
    Path("README.md").write_text(readme)


if __name__ == "__main__":
    main()
