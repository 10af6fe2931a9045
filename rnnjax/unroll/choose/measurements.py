"""What the engines were measured to take, by backend: `measured/*.json`, made by a benchmark."""

import functools
import importlib.resources
import json
import math
from typing import NamedTuple

_TIE = 1.1  # engines within a tenth of the fastest are as fast; the leanest of them is chosen


class Size(NamedTuple):
    """How much work an engine has."""

    steps: int  # T
    batch: int  # B, all batch axes together
    hidden: int  # H, the widest leaf of the state


class Row(NamedTuple):
    """One cell, run at one size by the engines that serve it."""

    contract: str  # SplitCell, LinearCell or AssociativeCell
    cell: str
    steps: int
    batch: int
    inputs: int
    hidden: int
    gradient: bool  # of all weights; else the forward pass alone
    milliseconds: dict[str, float]  # by engine
    megabytes: dict[str, float]  # by engine, beside arguments and results
    half: bool = False  # whether products were in half precision

    def fastest(self) -> list[str]:
        """Returns the engines that are as fast as any, the leanest first."""
        limit = _TIE * min(self.milliseconds.values())
        fast = [name for name, time in self.milliseconds.items() if time <= limit]
        return sorted(fast, key=lambda name: (self.megabytes[name], self.milliseconds[name]))

    def distance(self, cell: str, size: Size) -> float:
        """Returns how far another cell and size are: factors of e, and one for another cell."""
        own = Size(self.steps, self.batch, self.hidden)
        factors = [abs(math.log(a / max(b, 1))) for a, b in zip(own, size, strict=True)]
        return sum(factors) + (cell != self.cell)


class Table(NamedTuple):
    """All that was measured on one backend."""

    about: str  # the machine and the versions
    rows: tuple[Row, ...]

    def nearest(
        self, contract: str, cell: str, size: Size, *, gradient: bool, half: bool = False
    ) -> Row | None:
        """Returns the row of the same contract whose size is nearest, if there is one.

        It is one of the same precision where that was measured.
        """
        rows = [row for row in self.rows if (row.contract, row.gradient) == (contract, gradient)]
        rows = [row for row in rows if row.half == half] or rows
        return min(rows, key=lambda row: row.distance(cell, size), default=None)


@functools.cache
def read_table(backend: str) -> Table | None:
    """Returns what was measured on a backend such as "cpu"; None if nothing was."""
    path = importlib.resources.files("rnnjax.unroll.choose") / "measured" / f"{backend}.json"
    if not path.is_file():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    return Table(found["about"], tuple(Row(**row) for row in found["rows"]))
