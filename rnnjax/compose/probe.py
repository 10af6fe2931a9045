"""A place to ask for the gradient by each state."""

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.compose.added import Added
from rnnjax.compose.base import wrap
from rnnjax.typing import Key, Params, State


def probed(cell: Cell) -> Cell:
    """Returns `cell` with a probe at each state, or each of its parts so.

    The probes are its noise, and zero: `dL/dh_t` is the gradient by them, on every engine.

    Example:
        >>> from rnnjax import unroll
        >>> from rnnjax.cells import Elman
        >>> from rnnjax.cells.noise import pack
        >>> cell, xs = probed(Elman(2)), jnp.ones((5, 3))
        >>> params = cell.init(jax.random.key(0), 3)
        >>> def loss(probes):
        ...     state = cell.initial_state(params)
        ...     return unroll.scan(cell, params, state, pack(xs, probes))[1][-1].sum()
        >>> probes = cell.draw(jax.random.key(0), params, (5,))
        >>> jax.grad(loss)(probes).own.h[-1]
        Array([1., 1.], dtype=float32)
    """
    return wrap(cell, Probed)


class Probed(Added):
    """A cell with something added to its state after each step, `s_t = s~_t + p_t`.

    The output is that of the changed state. See `probed`.

    Example:
        >>> from rnnjax.cells import GRU
        >>> cell = Probed(GRU(2))
        >>> cell.draw(jax.random.key(0), cell.init(jax.random.key(1), 3), (5,)).own.h.shape
        (5, 2)
    """

    def draw_own(self, key: Key, params: Params, leading: tuple[int, ...]) -> State:
        """Returns zeros like a state `[T, ...]`; no chance is involved."""
        del key
        return jax.tree.map(
            lambda s: jnp.zeros((*leading, *s.shape), s.dtype), self.initial_state(params)
        )
