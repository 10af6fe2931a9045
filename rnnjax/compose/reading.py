"""Cells by their text, as flags and checkpoints have it."""

from collections.abc import Mapping

from rnnjax import cells, compose
from rnnjax.cells.base import Cell
from rnnjax.cells.vocabulary import VOCABULARY
from rnnjax.text import read


def read_cell(text: str, hidden: int, names: Mapping[str, object] | None = None) -> Cell:
    """Returns the cell that `text` spells.

    Args:
        text: a cell's name, `LSTM`, or a constructor call,
            `Stack((LSTM(128), Elman(64, activation=relu)))`.
        hidden: the width of a cell given by its name alone.
        names: what else `text` may name: cells, wrappers, activations of one's own, under names
            such as "mycells.LEM". What has a name in rnnjax keeps it.

    Raises:
        ValueError: if `text` spells no cell; the message is one line.

    Example:
        >>> read_cell("GRU", hidden=64).output_dim
        64
        >>> read_cell("Elman(64, activation=relu, recurrent_init=Identity())", hidden=1)
        Elman(hidden=64, activation=relu, recurrent_init=Identity(scale=1.0))
        >>> class Mine(cells.GRU):
        ...     "A cell of one's own."
        >>> read_cell("Residual(mycells.Mine(3))", hidden=1, names={"mycells.Mine": Mine})
        Residual(cell=Mine(hidden=3))
    """
    changes = {name: getattr(compose, name) for name in compose.__all__}
    names = {
        **(names or {}),
        **{name: getattr(cells, name) for name in cells.__all__},
        **changes,
        **VOCABULARY,
    }
    value = read(text, names)
    if _is_cell_class(value) and value not in changes.values():
        value = read(f"{text.strip()}(hidden={hidden!r})", names)
    if not isinstance(value, Cell):
        known = [name for name in names if name not in changes and _is_cell_class(names[name])]
        raise ValueError(f"{text!r} is not a cell: name one ({', '.join(known)}) or call one")
    return value


def _is_cell_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Cell)
