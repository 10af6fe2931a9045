"""Cells with most of their recurrent weights left out."""

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.compose.base import wrap
from rnnjax.compose.matrix import MatrixWrapper, change_matrices
from rnnjax.typing import Array, Key, Params


def sparse(cell: Cell, density: float, seed: int = 1) -> Cell:
    """Returns `cell` with a sparse recurrent matrix, or each of its parts so.

    Parts of the same size have the same mask.

    Example:
        >>> from rnnjax.cells import GRU
        >>> sparse(GRU(2), 0.5)
        Sparse(cell=GRU(hidden=2), density=0.5, seed=1)
    """
    return wrap(cell, lambda part: Sparse(part, density, seed))


class Sparse(MatrixWrapper):
    """A cell whose recurrent matrix is `m * w_h`, with a mask that never changes.

    Each entry of `m` is 1 with the chance `density` and 0 else, drawn by `seed`. The mask is a
    constant and no parameter: what it leaves out is in `w_h`, without effect and without
    gradient. Products are with the whole matrix, zeros included, and take as long. Initial weights
    are the cell's, divided by the root of `density`, so that the products start as large.

    Example:
        >>> from rnnjax.cells import Elman
        >>> cell = Sparse(Elman(10), 0.2)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> int((cell.prepare(params).params.w_h != 0).sum())
        25

    References:
        Jaeger (2001), The "echo state" approach to analysing and training recurrent neural
        networks, GMD report 148 (sparse random matrices).
        Gray, Radford & Kingma (2017), GPU kernels for block-sparse weights, OpenAI (masks that are
        fixed while the rest is trained).
    """

    density: float = 0.1
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuses what is no density.

        Raises:
            ValueError: if not `0 < density <= 1`.
        """
        super().__post_init__()
        if not 0 < self.density <= 1:
            raise ValueError(f"{self}: density must be above 0 and 1 at most")

    def init(self, key: Key, input_dim: int) -> Params:
        """Draws the cell's parameters, larger by what the mask takes from products."""
        params = self.cell.init(key, input_dim)
        return change_matrices(self.cell, params, lambda w: w / self.density**0.5)

    def change_params(self, params: Params) -> Params:
        """Applies the mask."""
        return change_matrices(self.cell, params, lambda w: jnp.where(self.mask(w.shape), w, 0))

    def mask(self, shape: tuple[int, ...]) -> Array:
        """Returns where a matrix of this shape has weights, the same on every machine."""
        key = jax.random.key(self.seed, impl="threefry2x32")
        return jax.random.uniform(key, shape, jnp.float32) < self.density
