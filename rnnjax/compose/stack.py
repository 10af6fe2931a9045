"""Cells on top of each other."""

import jax

from rnnjax.cells.base import Cell
from rnnjax.compose.base import Composite, Run
from rnnjax.typing import Array, Key, Params, State


class Stack(Composite):
    """Several cells as one: the outputs of each are the inputs of the next, within one time step.

    The cells may differ in kind and width. Parameters and states are tuples, one entry a cell.

    Example:
        >>> from rnnjax.cells import GRU, LSTM
        >>> Stack((LSTM(128), GRU(64))).output_dim
        64
    """

    cells: tuple[Cell, ...]

    def __post_init__(self) -> None:
        """Refuses what is no tuple of cells.

        Raises:
            TypeError: if `cells` is not a tuple of one cell or more.
        """
        is_tuple = isinstance(self.cells, tuple) and len(self.cells) > 0
        if not (is_tuple and all(isinstance(cell, Cell) for cell in self.cells)):
            raise TypeError(
                f"Stack takes a tuple of cells, as Stack((LSTM(8), GRU(4))); got {self.cells}"
            )

    @property
    def output_dim(self) -> int:
        """The last cell's."""
        return self.cells[-1].output_dim

    def init(self, key: Key, input_dim: int) -> tuple[Params, ...]:
        """Draws each cell's parameters."""
        dims = (input_dim, *(cell.output_dim for cell in self.cells))
        keys = jax.random.split(key, len(self.cells))
        return tuple(c.init(k, d) for c, k, d in zip(self.cells, keys, dims, strict=False))

    def initial_state(
        self, params: tuple[Params, ...], batch_shape: tuple[int, ...] = ()
    ) -> tuple[State, ...]:
        """Each cell's own."""
        pairs = zip(self.cells, params, strict=True)
        return tuple(cell.initial_state(p, batch_shape) for cell, p in pairs)

    def run_parts(
        self, run: Run, params: tuple[Params, ...], state: tuple[State, ...], x: Array
    ) -> tuple[tuple[State, ...], Array]:
        """Runs the cells from the first to the last."""
        after = []
        for cell, p, s in zip(self.cells, params, state, strict=True):
            s, x = run(cell, p, s, x)
            after.append(s)
        return tuple(after), x
