"""Cells by their text, as flags and checkpoints have it."""

from collections.abc import Mapping

import jax

from rnnjax import cells, constructor
from rnnjax.cells.base import Cell
from rnnjax.compose.learned_start import (
    LearnedStartCell,
    LearnedStartLinearCell,
    LearnedStartSplitCell,
    learned_start,
)
from rnnjax.compose.mixed_precision import (
    MixedCell,
    MixedLinearCell,
    MixedSplitCell,
    mixed_precision,
)
from rnnjax.compose.residual import Residual
from rnnjax.compose.stack import Stack

_COMPOSED = (
    LearnedStartCell,
    LearnedStartLinearCell,
    LearnedStartSplitCell,
    MixedCell,
    MixedLinearCell,
    MixedSplitCell,
    Residual,
    Stack,
    learned_start,
    mixed_precision,
)
_INITIALIZERS = ("Glorot", "Identity", "Normal", "Orthogonal", "TruncatedNormal")
_ACTIVATIONS = ("elu", "gelu", "identity", "relu", "sigmoid", "silu", "softplus", "tanh")

NAMES: Mapping[str, object] = {
    **{name: getattr(cells, name) for name in (*cells.__all__, *_INITIALIZERS)},
    **{make.__name__: make for make in _COMPOSED},
    **{name: getattr(jax.nn, name) for name in _ACTIVATIONS},
}


def read_cell(text: str, hidden: int) -> Cell:
    """Returns the cell that `text` spells.

    Args:
        text: a cell's name, `LSTM`, or a constructor call,
            `Stack((LSTM(128), Elman(64, activation=relu)))`.
        hidden: the width of a cell given by its name alone.

    Raises:
        ValueError: if `text` spells no cell; the message is one line.
    """
    value = constructor.read(text, NAMES)
    if isinstance(value, type) and text.strip() in cells.__all__:
        value = value(hidden=hidden)
    if not isinstance(value, Cell):
        raise ValueError(
            f"{text!r} is not a cell: name one ({', '.join(cells.__all__)}) or call one"
        )
    return value
