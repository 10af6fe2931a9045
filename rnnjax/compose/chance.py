"""Inputs with the noise that a cell needs in training."""

from typing import Any

from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.cells.noise import pack
from rnnjax.typing import Key, Params


def noisy(cell: Cell, key: Key, params: Params, xs: Any) -> Any:
    """Returns `xs` with the noise of a run of `cell`, drawn before the loop; for training.

    Args:
        cell: the recurrence.
        key: of the draw.
        params: the cell's parameters.
        xs: inputs, `[T, ..., D]`.

    Returns:
        What every engine takes in the place of `xs`, and makes the same numbers of; `xs` itself
        where the cell has no noise.

    Example:
        >>> import jax
        >>> from rnnjax.cells import GRU
        >>> cell, xs = GRU(2), jax.numpy.ones((5, 3))
        >>> noisy(cell, jax.random.key(0), None, xs) is xs
        True
    """
    return pack(xs, cell.draw(key, params, leading_axes(xs)))


def check_rate(cell: Cell, rate: float) -> None:
    """Refuses what is no chance of less than 1."""
    if not 0 <= rate < 1:
        raise ValueError(f"{cell}: rate must be from 0 to less than 1")


def check_std(cell: Cell, std: float) -> None:
    """Refuses what is no standard deviation."""
    if std < 0:
        raise ValueError(f"{cell}: std must be 0 or more")
