"""Cells by their text, as flags and checkpoints have it."""

import jax

from rnnjax import cells, compose, constructor
from rnnjax.cells.base import Cell

_INITIALIZERS = ("Glorot", "Identity", "Normal", "Orthogonal", "TruncatedNormal")
_ACTIVATIONS = ("elu", "gelu", "identity", "relu", "sigmoid", "silu", "softplus", "tanh")


def read_cell(text: str, hidden: int) -> Cell:
    """Returns the cell that `text` spells.

    Args:
        text: a cell's name, `LSTM`, or a constructor call,
            `Stack((LSTM(128), Elman(64, activation=relu)))`.
        hidden: the width of a cell given by its name alone.

    Raises:
        ValueError: if `text` spells no cell; the message is one line.
    """
    names = {
        **{name: getattr(cells, name) for name in (*cells.__all__, *_INITIALIZERS)},
        **{name: getattr(compose, name) for name in compose.__all__},
        **{name: getattr(jax.nn, name) for name in _ACTIVATIONS},
    }
    value = constructor.read(text, names)
    if isinstance(value, type) and text.strip() in cells.__all__:
        value = value(hidden=hidden)
    if not isinstance(value, Cell):
        raise ValueError(
            f"{text!r} is not a cell: name one ({', '.join(cells.__all__)}) or call one"
        )
    return value
