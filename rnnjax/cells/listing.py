"""The table of cells, from their docstrings: as text for a terminal, as Markdown for README."""

import inspect
import itertools
import re
import sys
from collections.abc import Iterable
from typing import NamedTuple

from rnnjax.cells.base import AssociativeCell, Cell, LinearCell, SplitCell
from rnnjax.cells.gatedcell import GatedCell

_CONTRACTS = (LinearCell, AssociativeCell, GatedCell, SplitCell, Cell)  # the strongest first


class Row(NamedTuple):
    """What the table says of a cell.

    Example:
        >>> from rnnjax import cells
        >>> row(cells.LRU)._replace(file="...")
        Row(name='LRU', contract='LinearCell', family='linear', year=2023, \
summary='Linear recurrent unit.', file='...')
    """

    name: str
    contract: str
    family: str  # its folder
    year: int  # of the first paper that it names
    summary: str  # its docstring's first line
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
    year = re.search(r"\((\d{4})\)", doc.partition("References:")[2])
    if year is None:
        raise ValueError(f"the docstring of {cell.__name__} needs a year under References:")
    return Row(
        name=cell.__name__,
        contract=next(c for c in _CONTRACTS if issubclass(cell, c)).__name__,
        family=_family(cell).rpartition(".")[2],
        year=int(year[1]),
        summary=doc.partition("\n")[0],
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
          LRU  LinearCell  linear  2023  Linear recurrent unit.
    """
    cells = list(cells)
    families = {_family(cell).rpartition(".")[2]: _family(cell) for cell in cells}
    table = rows(cells)
    widths = [max(map(len, column)) for column in zip(*(r[:3] for r in table), strict=True)]
    blocks = []
    for family, members in itertools.groupby(table, key=lambda r: r.family):
        summary = (sys.modules[families[family]].__doc__ or "").partition("\n")[0]
        lines = [
            f"  {r.name:<{widths[0]}}  {r.contract:<{widths[1]}}  {r.family:<{widths[2]}}"
            f"  {r.year}  {r.summary}"
            for r in members
        ]
        blocks.append("\n".join([summary.replace("`", ""), *lines]))
    return "\n\n".join(blocks)


def markdown(cells: Iterable[type[Cell]]) -> str:
    """Returns the table for README.

    Example:
        >>> from rnnjax import cells
        >>> print(markdown([cells.LRU]).splitlines()[0])
        | cell | contract | family | year | what it is | file |
    """
    head = ("| cell | contract | family | year | what it is | file |", "|---" * 6 + "|")
    lines = [
        f"| `{r.name}` | {r.contract} | {r.family} | {r.year} | {r.summary.rstrip('.')}"
        f" | [{r.file.rpartition('/')[2]}]({r.file}) |"
        for r in rows(cells)
    ]
    return "\n".join([*head, *lines])


def _family(cell: type[Cell]) -> str:
    return cell.__module__.rpartition(".")[0]
