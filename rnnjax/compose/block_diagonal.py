"""Gated cells whose units see those of their own head alone."""

import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.cells.initializers import gate_blocks
from rnnjax.compose.recurrent_form import RecurrentForm
from rnnjax.compose.within import wrap_within
from rnnjax.typing import Array, Key


def block_diagonal(cell: Cell, heads: int) -> Cell:
    """Returns `cell` with its units in `heads`, or each of its parts so.

    Of a cell that is changed otherwise, the cell within.

    Example:
        >>> from rnnjax.cells import GRU
        >>> block_diagonal(GRU(4), heads=2)
        BlockDiagonal(cell=GRU(hidden=4), heads=2)
    """
    return wrap_within(cell, lambda part: BlockDiagonal(part, heads))  # pyright: ignore[reportArgumentType]


class BlockDiagonal(RecurrentForm):
    """A `GatedCell` each block of whose recurrent matrix is block-diagonal: multi-head recurrence.

    The H units are `heads` groups of N = H / heads, side by side, and see their own group alone:

        v[g, k] = h_{t-1}[k] w_h[g, k]      in block g of the matrix and head k

    with `w_h [blocks, heads, N, N]`, each `[N, N]` of it drawn by the cell's `recurrent_init`. What
    a cell multiplies with the matrix in the place of `h`, as CTRNN its rates, is multiplied so. At
    one head it is the cell, at H heads `Independent`; parameters and products are a part in
    `heads` of the cell's.

    Example:
        >>> import jax
        >>> from rnnjax.cells import LSTM
        >>> BlockDiagonal(LSTM(6), heads=2).init(jax.random.key(0), 3).w_h.shape
        (4, 2, 3, 3)

    References:
        Beck et al. (2024), xLSTM: extended long short-term memory, NeurIPS, arXiv:2405.04517 (the
        heads of sLSTM).
    """

    heads: int

    def __post_init__(self) -> None:
        """Refuses heads that do not divide the width.

        Raises:
            ValueError: if `heads` does not divide the cell's `hidden`, or the cell is no
                `GatedCell` with a recurrent matrix.
        """
        super().__post_init__()
        if self.cell.hidden % self.heads:
            raise ValueError(
                f"{self}: heads must divide hidden; got heads={self.heads} of {self.cell.hidden}"
            )

    def init_recurrent(self, key: Key, count: int) -> Array:
        """Draws `w_h [blocks, heads, N, N]`."""
        width = self.cell.hidden // self.heads
        rows = gate_blocks(self.cell.recurrent_init, key, width, width, count * self.heads)
        return jnp.moveaxis(rows.reshape(width, count, self.heads, width), 0, 2)

    def product(self, h: Array, w_h: Array) -> Array:
        """Multiplies each head with its blocks."""
        apart = h.reshape(*h.shape[:-1], self.heads, -1)
        v = jnp.einsum("...kn,gknm->...gkm", apart, w_h)
        return v.reshape(*h.shape[:-1], -1)
