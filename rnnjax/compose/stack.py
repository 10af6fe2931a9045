"""Cells on top of each other."""

from typing import Any

import jax

from rnnjax.cells.base import Cell
from rnnjax.cells.noise import pack, unpack
from rnnjax.compose.base import Composite, Run
from rnnjax.typing import Key, Params, State


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

    def prepare(self, params: tuple[Params, ...]) -> tuple[Params, ...]:
        """Prepares each cell's parameters."""
        return tuple(cell.prepare(p) for cell, p in zip(self.cells, params, strict=True))

    def draw(self, key: Key, params: tuple[Params, ...], leading: tuple[int, ...]) -> Any:
        """Draws each cell's noise."""
        keys = jax.random.split(key, len(self.cells))
        drawn = zip(self.cells, keys, params, strict=True)
        noise = tuple(cell.draw(k, p, leading) for cell, k, p in drawn)
        return noise if any(n is not None for n in noise) else None

    def perturb(self, key: Key, params: tuple[Params, ...]) -> tuple[Params, ...]:
        """Perturbs each cell's parameters."""
        keys = jax.random.split(key, len(self.cells))
        pairs = zip(self.cells, keys, params, strict=True)
        changed = tuple(cell.perturb(k, p) for cell, k, p in pairs)
        same = all(new is old for new, old in zip(changed, params, strict=True))
        return params if same else changed

    def run_parts(
        self, run: Run, params: tuple[Params, ...], state: tuple[State, ...], x: Any
    ) -> tuple[tuple[State, ...], Any]:
        """Runs the cells from the first to the last."""
        x, noise = unpack(x)
        after = []
        for cell, p, s, n in zip(
            self.cells, params, state, noise or [None] * len(self.cells), strict=True
        ):
            s, x = run(cell, p, s, pack(x, n))
            after.append(s)
        return tuple(after), x
