"""Cells whose products run in half precision while all else keeps the parameters' own."""

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell, LinearCell, SplitCell
from rnnjax.compose.base import Composite
from rnnjax.typing import Array, Key, Params, State

HALF = jnp.bfloat16  # the exponents of single precision, so that a loss needs no scaling


def mixed_precision(cell: Cell) -> Cell:
    """Returns `cell` with its products in bfloat16 and everything else in the parameters' dtype.

    Parameters, states, outputs and gradients stay in single precision. Matrices, inputs and what
    else a matrix is multiplied with are rounded to bfloat16 where they are used; biases, gates and
    memories are not. A `SplitCell` stays a `SplitCell` and a `LinearCell` a `LinearCell`, so they
    run on the same engines; of a cell of neither form the whole step is rounded. A `Composite`
    becomes one made of such cells.

    XLA may leave a rounding out where that saves time, so values depend on the engine by as much.

    References:
        Micikevicius et al. (2018), Mixed precision training, ICLR, arXiv:1710.03740.
        Kalamkar et al. (2019), A study of bfloat16 for deep learning training, arXiv:1905.12322.
    """
    if isinstance(cell, _Mixed):
        return cell
    if isinstance(cell, SplitCell):
        return MixedSplitCell(cell)
    if isinstance(cell, LinearCell):
        return MixedLinearCell(cell)
    if isinstance(cell, Composite):
        return cell.map_parts(mixed_precision)
    return MixedCell(cell)


class _Mixed(Cell):
    """What the three have in common: parameters and states are the cell's own."""

    cell: Cell

    @property
    def output_dim(self) -> int:
        """The cell's own."""
        return self.cell.output_dim

    def init(self, key: Key, input_dim: int) -> Params:
        """Draws the cell's parameters."""
        return self.cell.init(key, input_dim)

    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> State:
        """The cell's own."""
        return self.cell.initial_state(params, batch_shape)


class MixedSplitCell(_Mixed, SplitCell):
    """A `SplitCell` that projects and recurs in bfloat16 and combines in the parameters' dtype."""

    cell: SplitCell

    def project(self, params: Params, x: Array) -> Array:
        """Returns the cell's projection."""
        return _widened(params, self.cell.project(_matrices_halved(params), _halved(x)))

    def recur(self, params: Params, state: State) -> Array:
        """Returns the cell's recurrent product."""
        return _widened(params, self.cell.recur(_matrices_halved(params), _halved(state)))

    def combine(self, params: Params, state: State, u: Array, v: Array) -> tuple[State, Array]:
        """Combines as the cell does."""
        return self.cell.combine(params, state, u, v)


class MixedLinearCell(_Mixed, LinearCell):
    """A `LinearCell` that multiplies in bfloat16 and recurs in the parameters' dtype."""

    cell: LinearCell

    def coefficients(self, params: Params, x: Array) -> tuple[Array, Array]:
        """Returns the cell's decay and drive."""
        return _widened(params, self.cell.coefficients(_matrices_halved(params), _halved(x)))

    def readout(self, params: Params, h: Array, x: Array) -> Array:
        """Returns the cell's readout of a state that is rounded, unless it is complex."""
        return _widened(params, self.cell.readout(_matrices_halved(params), _halved(h), _halved(x)))


class MixedCell(_Mixed):
    """A cell of neither form: the whole step is in bfloat16, and between steps lies its result.

    Where such a cell's products are is not known. What adds up slowly over steps gets lost.
    """

    def step(self, params: Params, state: State, x_t: Array) -> tuple[State, Array]:
        """Runs the cell."""
        after, y_t = self.cell.step(_halved(params), _halved(state), _halved(x_t))
        return _widened((params, state, x_t), (after, y_t))


def _matrices_halved(params: Params) -> Params:
    """Rounds matrices alone: time constants, eigenvalues and biases are vectors."""
    return jax.tree.map(lambda p: _halved(p) if p.ndim > 1 else p, params)


def _halved(tree: State) -> State:
    """Rounds real numbers; complex ones have no half precision."""
    return jax.tree.map(lambda x: x.astype(HALF) if _is_real(x) else x, tree)


def _widened(like: State, tree: State) -> State:
    """Casts to the widest real dtype of `like`, or the complex one of that width."""
    own = jnp.result_type(HALF, *(x.dtype for x in jax.tree.leaves(like) if _is_real(x)))
    return jax.tree.map(lambda x: x.astype(jnp.promote_types(x.dtype, own)), tree)


def _is_real(x: Array) -> bool:
    return jnp.issubdtype(x.dtype, jnp.floating)
