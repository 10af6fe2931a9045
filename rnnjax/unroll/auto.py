"""The engine that picks an engine."""

from rnnjax.cells.base import Cell, SplitCell
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.base import Engine
from rnnjax.unroll.deferred import deferred
from rnnjax.unroll.sequential import scan


def auto(
    cell: Cell,
    params: Params,
    state: State,
    xs: Array,
    *,
    mask: Array | None = None,
    reset: Array | None = None,
) -> tuple[State, Array]:
    """Runs any cell on the engine that is fastest for training; see `unroll.Engine`."""
    return choose(cell)(cell, params, state, xs, mask=mask, reset=reset)


def choose(cell: Cell) -> Engine:
    """Returns the engine that `auto` runs `cell` on: `deferred` where it can, else `scan`."""
    return deferred if isinstance(cell, SplitCell) else scan
