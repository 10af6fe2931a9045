"""The engine that picks an engine."""

import jax

from rnnjax.cells.base import Cell, LinearCell, SplitCell
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.associative import associative
from rnnjax.unroll.base import Engine
from rnnjax.unroll.deferred import deferred
from rnnjax.unroll.linear_scan import linear_scan
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
    """Returns the engine that `auto` runs `cell` on.

    That is `deferred` for a SplitCell; for a LinearCell `linear_scan` on a CPU, where the plain
    loop is several times faster than the tree, and `associative` elsewhere; `scan` for the others.
    """
    if isinstance(cell, SplitCell):
        return deferred
    if isinstance(cell, LinearCell):
        return linear_scan if jax.default_backend() == "cpu" else associative
    return scan
