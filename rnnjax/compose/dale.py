"""Excitatory and inhibitory units."""

import math

import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.compose.base import wrap
from rnnjax.compose.matrix import MatrixWrapper, change_matrices
from rnnjax.typing import Array, Key, Params


def dale(cell: Cell, excitatory: float = 0.8) -> Cell:
    """Returns `cell` with excitatory and inhibitory units, or each of its parts so.

    Example:
        >>> from rnnjax.cells import Elman
        >>> dale(Elman(5))
        Dale(cell=Elman(hidden=5, activation=tanh), excitatory=0.8)
    """
    return wrap(cell, lambda part: Dale(part, excitatory))


class Dale(MatrixWrapper):
    """A cell whose units obey Dale's law: what one sends to the others has one sign, for good.

    The recurrent matrix is `diag(d) |w_h|`, with `d_i = 1` for the first units, of which
    `excitatory` is the part, and -1 for the others: rows are of the units that send. The paper
    rectifies where this takes the absolute value, which the authors name as well: a weight does
    not stay at zero once it is there, unless it starts there.

    Initial weights are the cell's, but those of inhibitory units are larger by as much as there
    are fewer of them, so that excitation and inhibition are in balance, and all are scaled so that
    the matrix is as large as the cell's. The paper's networks have no connections of units
    to themselves, and send outputs from excitatory units alone; these do not differ from others.

    Example:
        >>> import jax
        >>> from rnnjax.cells import Elman
        >>> cell = Dale(Elman(5))
        >>> params = cell.init(jax.random.key(0), 3)
        >>> jnp.sign(cell.prepare(params).params.w_h)[:, 0].tolist()
        [1.0, 1.0, 1.0, 1.0, -1.0]

    References:
        Song, Yang & Wang (2016), Training excitatory-inhibitory recurrent neural networks for
        cognitive tasks: a simple and flexible framework, PLoS Computational Biology 12.
    """

    needs_plain = True

    excitatory: float = 0.8

    def __post_init__(self) -> None:
        """Refuses what is no part.

        Raises:
            ValueError: if not `0 <= excitatory <= 1`.
        """
        super().__post_init__()
        if not 0 <= self.excitatory <= 1:
            raise ValueError(f"{self}: excitatory must be from 0 to 1")

    def init(self, key: Key, input_dim: int) -> Params:
        """Draws the cell's parameters, in balance."""

        def balance(w: Array) -> Array:
            signs = _signs(w, self.excitatory)
            count = jnp.maximum((signs > 0).sum(), 1)
            scale = jnp.where(signs > 0, 1, count / jnp.maximum((signs < 0).sum(), 1))
            scale = scale / jnp.sqrt(jnp.square(scale).mean())
            return w * jnp.broadcast_to(scale, w.shape).astype(w.dtype)

        return change_matrices(self.cell, self.cell.init(key, input_dim), balance)

    def change_params(self, params: Params) -> Params:
        """Gives the weights of each unit its sign."""

        def signed(w: Array) -> Array:
            return jnp.abs(w) * jnp.broadcast_to(_signs(w, self.excitatory), w.shape)

        return change_matrices(self.cell, params, signed)


def _signs(w: Array, excitatory: float) -> Array:
    """Returns the signs of the units that send, shaped to go with `[H, R]` or `[blocks, *H, N]`."""
    rows = w.shape[:1] if w.ndim == 2 else w.shape[1:-1]
    units = math.prod(rows)
    first = jnp.arange(units) < round(excitatory * units)
    return jnp.where(first, 1, -1).astype(w.dtype).reshape(*rows, 1)
