"""Changes of a cell inside its wrappers."""

import dataclasses
from collections.abc import Callable

from rnnjax.cells.base import Cell
from rnnjax.compose.base import wrap
from rnnjax.compose.recurrent_form import RecurrentForm
from rnnjax.compose.wrapper import Wrapper


def wrap_within(cell: Cell, change: Callable[[Cell], Cell]) -> Cell:
    """Returns `cell` with `change` of what is in its wrappers, or each of its parts so.

    A `RecurrentForm` is no wrapper here but a cell: what is in it is a `GatedCell`.

    Example:
        >>> from rnnjax.cells import GRU
        >>> from rnnjax.compose import LayerNorm, LearnedStart
        >>> wrap_within(LearnedStart(GRU(2)), LayerNorm)
        LearnedStart(cell=LayerNorm(cell=GRU(hidden=2), eps=1e-05))
    """

    def within(part: Cell) -> Cell:
        if isinstance(part, Wrapper) and not isinstance(part, RecurrentForm):
            return dataclasses.replace(part, cell=within(part.cell))
        return change(part)

    return wrap(cell, within)
