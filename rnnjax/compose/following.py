"""Outputs of a step after which the state is changed."""

from typing import Any

import jax

from rnnjax.cells.base import AssociativeCell, Cell
from rnnjax.typing import Params, State


def following(cell: Cell, params: Params, x: Any, step: tuple[State, Any], changed: State) -> Any:
    """Returns the output of a step of `cell` when the state after it is changed.

    Most cells' output is their state, `y_t = h_t`: what is an array of the state is one of the
    changed state. Of others the cell says what it is, by `Cell.output` or `readout`.

    Args:
        cell: what made the step.
        params: its parameters.
        x: its input.
        step: the state that it made and its output.
        changed: the state in the place of that.

    Raises:
        TypeError: if neither is so.

    Example:
        >>> from rnnjax.cells import GRU
        >>> h = jax.numpy.ones(2)
        >>> following(GRU(2), None, None, ((h,), h), (3 * h,))
        Array([3., 3.], dtype=float32)
    """
    after, y = step
    if changed is after:
        return y
    if isinstance(cell, AssociativeCell):
        return cell.read(params, changed, x)
    made = cell.output(params, changed)
    if made is not None:
        return made
    pairs = list(zip(jax.tree.leaves(after), jax.tree.leaves(changed), strict=True))
    if not any(old is leaf for leaf in jax.tree.leaves(y) for old, _ in pairs):
        raise TypeError(
            f"the output of {cell} is no array of its state: where it has a method "
            "output(params, state), the state can be changed after a step"
        )
    return jax.tree.map(lambda leaf: next((new for old, new in pairs if old is leaf), leaf), y)
