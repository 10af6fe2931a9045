"""Gated cells each of whose units sees itself alone of the state."""

from dataclasses import field

import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import repeat
from rnnjax.cells.initializers import Initializer, Uniform, gate_blocks
from rnnjax.compose.recurrent_form import RecurrentForm
from rnnjax.compose.within import wrap_within
from rnnjax.typing import Array, Key


def independent(cell: Cell) -> Cell:
    """Returns `cell` with independent units, or each of its parts so.

    Of a cell that is changed otherwise, the cell within.

    Example:
        >>> from rnnjax.cells import GRU
        >>> independent(GRU(2))
        Independent(cell=GRU(hidden=2))
    """
    return wrap_within(cell, Independent)  # pyright: ignore[reportArgumentType]


class Independent(RecurrentForm):
    """A `GatedCell` with the diagonal of each block of its recurrent matrix, and no more of it.

        v = [h_{t-1}, h_{t-1}, ...] * w_h       once for each block that sees the state

    `w_h` is a vector `[R]`, drawn by `recurrent_init` as a matrix of one row a block. What a cell
    multiplies with the matrix in the place of `h`, as CTRNN its rates, is multiplied with the
    vector. Units meet in the next layer's `w_x` alone. `Independent(Elman(H, relu))` is IndRNN.

    Example:
        >>> import jax
        >>> from rnnjax.cells import GRU
        >>> Independent(GRU(2)).init(jax.random.key(0), 3).w_h.shape
        (6,)

    References:
        Li, Li, Cook, Zhu & Gao (2018), Independently recurrent neural network (IndRNN): building a
        longer and deeper RNN, CVPR, arXiv:1803.04831 (of the plain network).
    """

    recurrent_init: Initializer = field(default=Uniform(1.0), kw_only=True)

    def init_recurrent(self, key: Key, count: int) -> Array:
        """Draws `w_h [R]`."""
        return gate_blocks(self.recurrent_init, key, 1, self.cell.hidden, count)[0]

    def product(self, h: Array, w_h: Array) -> Array:
        """Multiplies elementwise, once a block."""
        blocks = jnp.concatenate([h] * (w_h.size // h.shape[-1]), axis=-1)
        return blocks * repeat(w_h, blocks)
