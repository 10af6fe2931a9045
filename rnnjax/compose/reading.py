"""Cells by their text, as flags and checkpoints have it."""

from rnnjax import cells, compose, constructor
from rnnjax.cells.base import Cell
from rnnjax.cells.vocabulary import VOCABULARY


def read_cell(text: str, hidden: int) -> Cell:
    """Returns the cell that `text` spells.

    Args:
        text: a cell's name, `LSTM`, or a constructor call,
            `Stack((LSTM(128), Elman(64, activation=relu)))`.
        hidden: the width of a cell given by its name alone.

    Raises:
        ValueError: if `text` spells no cell; the message is one line.

    Example:
        >>> read_cell("GRU", hidden=64).output_dim
        64
        >>> read_cell("Elman(64, activation=relu, recurrent_init=Identity())", hidden=1)
        Elman(hidden=64, activation=relu, recurrent_init=Identity(scale=1.0))
    """
    names = {
        **{name: getattr(cells, name) for name in cells.__all__},
        **{name: getattr(compose, name) for name in compose.__all__},
        **VOCABULARY,
    }
    value = constructor.read(text, names)
    if isinstance(value, type) and text.strip() in cells.__all__:
        value = value(hidden=hidden)
    if not isinstance(value, Cell):
        raise ValueError(
            f"{text!r} is not a cell: name one ({', '.join(cells.__all__)}) or call one"
        )
    return value
