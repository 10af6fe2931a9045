"""The contract of cells made of cells."""

import abc
import dataclasses
from collections.abc import Callable
from typing import Any, Self, final

import jax

from rnnjax.cells.base import Cell
from rnnjax.typing import Params, State

Run = Callable[[Cell, Params, State, Any], tuple[State, Any]]


class Composite(Cell):
    """A cell made of cells that an engine may run part by part, each over all of time.

    So a cell made of `SplitCell`s runs on the engines of a `SplitCell`. The state is made of the
    parts' states, the initial state of their own initial states. The parts are what its fields
    hold: cells, or tuples of cells.

    Example:
        >>> from rnnjax.cells import GRU, LSTM
        >>> from rnnjax.compose import Stack
        >>> Stack((LSTM(2), GRU(2))).parts
        (LSTM(hidden=2, forget_bias=1.0), GRU(hidden=2))
    """

    @abc.abstractmethod
    def run_parts(self, run: Run, params: Params, state: State, x: Any) -> tuple[State, Any]:
        """Runs the parts one after another.

        Args:
            run: runs a part, given its parameters, its state and its input, and returns its next
                state and its output. It may do so for one step or for all.
            params: of all parts.
            state: of all parts.
            x: the input, `[..., D]`; time may be one of its leading axes.

        Returns:
            The next state and the output, `[..., K]`.
        """

    @final
    def step(self, params: Params, state: State, x_t: Any) -> tuple[State, Any]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., K]`."""
        return self.run_parts(_step, params, state, x_t)

    @final
    @property
    def parts(self) -> tuple[Cell, ...]:
        """The cells that it is made of."""
        return tuple(filter(_is_cell, jax.tree.leaves(self._fields(), is_leaf=_is_cell)))

    @final
    def map_parts(self, change: Callable[[Cell], Cell]) -> Self:
        """Returns the same made of `change(part)` for each part."""
        changed = jax.tree.map(
            lambda value: change(value) if _is_cell(value) else value,
            self._fields(),
            is_leaf=_is_cell,
        )
        return dataclasses.replace(self, **changed)  # pyright: ignore[reportArgumentType]

    def _fields(self) -> dict[str, object]:
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}  # pyright: ignore[reportArgumentType]


def wrap(cell: Cell, change: Callable[[Cell], Cell]) -> Cell:
    """Returns `change(cell)`; of a cell made of cells, the same made of changed parts.

    Example:
        >>> from rnnjax.cells import GRU, LSTM
        >>> from rnnjax.compose import LearnedStart, Stack
        >>> wrap(Stack((LSTM(2), GRU(2))), LearnedStart).cells[1]
        LearnedStart(cell=GRU(hidden=2))
    """
    if isinstance(cell, Composite):
        return cell.map_parts(lambda part: wrap(part, change))
    return change(cell)


def _is_cell(value: object) -> bool:
    return isinstance(value, Cell)


def _step(cell: Cell, params: Params, state: State, x_t: Any) -> tuple[State, Any]:
    return cell.step(params, state, x_t)
