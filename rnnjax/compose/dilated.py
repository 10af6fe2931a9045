"""Cells that step from a state some steps old."""

from typing import Any, NoReturn

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.compose.base import wrap
from rnnjax.compose.wrapper import PlainWrapper
from rnnjax.typing import Array, Params, State


def dilated(cell: Cell, steps: int) -> Cell:
    """Returns `cell` stepping from the state of `steps` steps before, or each of its parts so.

    Example:
        >>> from rnnjax.cells import GRU
        >>> dilated(GRU(2), 4)
        Dilated(cell=GRU(hidden=2), steps=4)
    """
    return wrap(cell, lambda part: Dilated(part, steps))


class Dilated(PlainWrapper):
    """A cell with a longer recurrence: `s_t, y_t = cell(x_t, s_{t-d})`, d being `steps`.

    It is d cells that take turns, and share their parameters. The first d steps start from the
    initial state. The state has the last d states of the cell, the oldest first, on an axis after
    those of the batch: `[..., d, H]`. The paper stacks layers of `steps` 1, 2, 4, ...:
    `Stack((GRU(64), dilated(GRU(64), 2), dilated(GRU(64), 4)))`; where even the first one has d
    above 1, its code adds a convolution of d steps on top. Whatever the cell, this is a plain
    `Cell`; other changes belong inside, `dilated(zoneout(cell, 0.1), 4)`.

    Example:
        >>> from rnnjax.cells import GRU
        >>> cell = Dilated(GRU(2), 4)
        >>> cell.initial_state(cell.init(jax.random.key(0), 3), (5,)).h.shape
        (5, 4, 2)

    References:
        Chang et al. (2017), Dilated recurrent neural networks, NIPS, arXiv:1710.02224.
    """

    steps: int = 2

    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> State:
        """The cell's own, d times."""
        return super().initial_state(params, (*batch_shape, self.steps))

    def output(self, params: Params, state: State) -> NoReturn:
        """Refuses: a state is changed in the cell within, before it waits for its turn.

        Raises:
            TypeError: always.
        """
        del params, state
        raise TypeError(f"{self}: what changes states belongs within: dilated(zoneout(cell, 0.1))")

    def step(self, params: Params, state: State, x_t: Any) -> tuple[State, Any]:
        """Runs one step: `x_t [..., D]` to the next state and `y_t [..., K]`."""
        params = self.ready(params)
        one = jax.eval_shape(lambda: self.cell.initial_state(self.inner(params)))
        axes = jax.tree.map(lambda leaf, single: leaf.ndim - single.ndim - 1, state, one)

        def oldest(leaf: Array, axis: int) -> Array:
            return jax.lax.index_in_dim(leaf, 0, axis, keepdims=False)

        def follow(leaf: Array, axis: int, newest: Array) -> Array:
            others = jax.lax.slice_in_dim(leaf, 1, None, axis=axis)
            return jnp.concatenate([others, jnp.expand_dims(newest, axis)], axis)

        before = jax.tree.map(oldest, state, axes)
        after, y_t = self.cell.step(self.inner(params), before, x_t)
        return jax.tree.map(follow, state, axes, after), y_t
