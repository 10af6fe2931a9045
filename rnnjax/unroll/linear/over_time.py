"""A cell run over time, given a way to find its states."""

import functools
from collections.abc import Callable
from typing import Any

from rnnjax.cells.base import AssociativeCell, LinearCell
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.linear import elements
from rnnjax.unroll.linear import steps as linear
from rnnjax.unroll.linear.maps import Maps
from rnnjax.unroll.masks import hide

Find = Callable[[Maps, Any, State], tuple[State, State]]


def run(
    find: Find,
    cell: AssociativeCell,
    params: Params,
    state: State,
    xs: Any,
    mask: Array | None,
    reset: Array | None,
) -> tuple[State, Any]:
    """Runs `cell` over inputs `[T, ..., D]`.

    Args:
        find: maps how steps compose, the steps, and the state before the first to the state after
            the last and those after each, `[T, ..., *]`.
        cell: the recurrence.
        params: its parameters.
        state: the state before the first step.
        xs: the inputs.
        mask: see `Engine`.
        reset: see `Engine`.
    """
    if isinstance(cell, LinearCell):
        return linear.run(
            functools.partial(find, linear.LinearMaps()), cell, params, state, xs, mask, reset
        )
    xs = hide(xs, mask)
    maps, each = elements.lift(cell, params, state, xs, mask, reset)
    last, states = find(maps, each, state)
    return last, hide(cell.read(params, states, xs), mask)
