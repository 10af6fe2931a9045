"""Orthogonal recurrent matrices for gated cells."""

import itertools

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.cells.orthogonal.parametrizations import Parametrization
from rnnjax.compose.base import wrap
from rnnjax.compose.block_diagonal import BlockDiagonal
from rnnjax.compose.matrix import MatrixWrapper, change_matrices, innermost
from rnnjax.compose.wrapper import Wrapper
from rnnjax.typing import Array, Key, Params


def orthogonal(cell: Cell, by: Parametrization) -> Cell:
    """Returns `cell` with its recurrent matrices orthogonal, or each of its parts so.

    Example:
        >>> from rnnjax.cells import LSTM, Exponential
        >>> orthogonal(LSTM(2), Exponential())
        OrthogonalRecurrence(cell=LSTM(hidden=2, forget_bias=1.0), by=Exponential())
    """
    return wrap(cell, lambda part: OrthogonalRecurrence(part, by))


class OrthogonalRecurrence(MatrixWrapper):
    """A gated cell each block of whose recurrent matrix is orthogonal, whatever is learned.

    In the place of `w_h [H, R]` its parameters have the free numbers of a parametrization, a row
    for each block of H columns; `w_h` is made of them once before the loop. They start as the
    parametrization draws them, not as the cell's `recurrent_init` says.

    Any cell with a matrix `w_h` in such blocks will do, a `GatedCell` or one that resets before its
    product, also if other wrappers change it. Those that change the entries of the matrix, as
    `Dale`, belong within: they change what was made, which then is orthogonal no longer. The second
    matrix of a `Skip` is made so as well.

    Example:
        >>> from rnnjax.cells import GRU, Cayley
        >>> cell = OrthogonalRecurrence(GRU(4), Cayley())
        >>> params = cell.init(jax.random.key(0), 3)
        >>> params.w_h.shape, cell.prepare(params).params.w_h.shape
        ((3, 6), (4, 12))

    References:
        Lezcano-Casado (2019), Trivializations for gradient-based optimization on manifolds,
        NeurIPS, arXiv:1909.09501.
    """

    makes_matrix = True
    needs_plain = True

    by: Parametrization

    def __post_init__(self) -> None:
        """Refuses cells that have no such matrix.

        Raises:
            ValueError: if the cell has no recurrent matrix, or one that is block-diagonal, or `by`
                is no parametrization of as many units as it has.
        """
        super().__post_init__()
        cell: Cell = self.cell
        while isinstance(cell, Wrapper):
            if isinstance(cell, BlockDiagonal):
                raise ValueError(f"{self}: cell must have whole blocks in its recurrent matrix")
            cell = cell.cell
        if not isinstance(self.by, Parametrization):
            raise ValueError(f"{self}: by must be a parametrization, such as Cayley()")
        self.by.count(self.hidden)

    @property
    def hidden(self) -> int:
        """The width H of a block."""
        return innermost(self.cell).hidden  # pyright: ignore[reportAttributeAccessIssue]

    def init(self, key: Key, input_dim: int) -> Params:
        """Draws the cell's parameters, and free numbers for its recurrent matrix.

        Raises:
            ValueError: if the blocks of the matrix are not square.
        """
        drawn = itertools.count()  # of more than one matrix each has its own

        def draw(w_h: Array) -> Array:
            if w_h.ndim != 2 or w_h.shape[0] != self.hidden:
                raise ValueError(
                    f"{self}: cell must have square blocks in its recurrent matrix, "
                    f"[{self.hidden}, {self.hidden}] each; w_h is {w_h.shape}"
                )
            own = jax.random.fold_in(key, next(drawn))
            keys = jax.random.split(own, w_h.shape[1] // self.hidden)
            return jnp.stack([self.by.init(k, self.hidden) for k in keys])

        return change_matrices(self.cell, self.cell.init(key, input_dim), draw)

    def change_params(self, params: Params) -> Params:
        """Makes the recurrent matrix, block by block."""

        def make(numbers: Array) -> Array:
            blocks = [self.by(own, self.hidden) for own in numbers]
            return jnp.concatenate(blocks, axis=1).astype(numbers.dtype)

        return change_matrices(self.cell, params, make)
