"""What is asked of the settings of a layer."""

import flax.linen as nn

from rnnjax.cells.base import Cell
from rnnjax.models.precision import Precision
from rnnjax.text import named


def check_cell(layer: nn.Module, cell: object) -> None:
    """Refuses what is no cell.

    Raises:
        TypeError: if it is none.
    """
    if not isinstance(cell, Cell):
        raise TypeError(f"{_name(layer)} runs a cell, such as LSTM(64); got {named(cell)}")


def check_settings(layer: nn.Module, engine: object, precision: object) -> None:
    """Refuses what is no engine or no precision.

    Raises:
        TypeError: if one of them is not.
    """
    if not callable(engine) or isinstance(engine, type):
        wanted = "unroll.scan or unroll.Deferred(chunk=28)"
        raise TypeError(f"{_name(layer)} takes an engine, such as {wanted}; got {named(engine)}")
    if not isinstance(precision, Precision):
        wanted = "Precision.MIXED"
        raise TypeError(f"{_name(layer)} takes a precision, {wanted}; got {named(precision)}")


def _name(layer: nn.Module) -> str:
    return type(layer).__name__
