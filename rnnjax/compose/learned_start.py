"""Cells whose initial state is learned."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell, LinearCell, LinearState, SplitCell
from rnnjax.compose.base import Composite
from rnnjax.typing import Array, Key, Params, State


def learned_start(cell: Cell) -> Cell:
    """Returns `cell` with its initial state as a parameter, one for the whole batch.

    It is learned through `initial_state`, so each sequence has to start from that (or from a
    `reset`), not from a state of the caller's. A `SplitCell` stays a `SplitCell` and a `LinearCell`
    a `LinearCell`, so they run on the same engines. A `Composite` becomes one made of such cells.

    References:
        Forcada & Carrasco (1995), Learning the initial state of a second-order recurrent neural
        network during regular-language inference, Neural Computation 7.
    """
    if isinstance(cell, _LearnedStart):
        return cell
    if isinstance(cell, SplitCell):
        return LearnedStartSplitCell(cell)
    if isinstance(cell, LinearCell):
        return LearnedStartLinearCell(cell)
    if isinstance(cell, Composite):
        return cell.map_parts(learned_start)
    return LearnedStartCell(cell)


class LearnedStartParams(NamedTuple):
    """Parameters of a cell that `learned_start` returns."""

    cell: Params
    initial: State  # one state, unbatched; see `_learnable`


class _LearnedStart(Cell):
    """What the three have in common: all but the step."""

    cell: Cell

    @property
    def output_dim(self) -> int:
        """The cell's own."""
        return self.cell.output_dim

    def init(self, key: Key, input_dim: int) -> LearnedStartParams:
        """Draws the cell's parameters; the state starts where the cell starts it."""
        params = self.cell.init(key, input_dim)
        initial = jax.tree.map(_learnable, self.cell.initial_state(params))
        return LearnedStartParams(params, initial)

    def initial_state(self, params: LearnedStartParams, batch_shape: tuple[int, ...] = ()) -> State:
        """Returns the learned state, repeated over the batch."""

        def expand(own: Array, learned: Array) -> Array:
            if not jnp.issubdtype(own.dtype, jnp.inexact):
                return own
            if jnp.iscomplexobj(own):
                learned = jax.lax.complex(*learned.astype(own.real.dtype))
            return jnp.broadcast_to(learned.astype(own.dtype), own.shape)

        own = self.cell.initial_state(params.cell, batch_shape)
        return jax.tree.map(expand, own, params.initial)


class LearnedStartSplitCell(_LearnedStart, SplitCell):
    """A `SplitCell` with a learned initial state."""

    cell: SplitCell

    def project(self, params: LearnedStartParams, x: Array) -> Array:
        """Returns the cell's projection."""
        return self.cell.project(params.cell, x)

    def recur(self, params: LearnedStartParams, state: State) -> Array:
        """Returns the cell's recurrent product."""
        return self.cell.recur(params.cell, state)

    def combine(
        self, params: LearnedStartParams, state: State, u: Array, v: Array
    ) -> tuple[State, Array]:
        """Combines as the cell does."""
        return self.cell.combine(params.cell, state, u, v)


class LearnedStartLinearCell(_LearnedStart, LinearCell):
    """A `LinearCell` with a learned initial state."""

    cell: LinearCell

    def initial_state(
        self, params: LearnedStartParams, batch_shape: tuple[int, ...] = ()
    ) -> LinearState:
        """Returns the learned state, repeated over the batch."""
        return super().initial_state(params, batch_shape)

    def coefficients(self, params: LearnedStartParams, x: Array) -> tuple[Array, Array]:
        """Returns the cell's decay and drive."""
        return self.cell.coefficients(params.cell, x)

    def readout(self, params: LearnedStartParams, h: Array, x: Array) -> Array:
        """Returns the cell's readout."""
        return self.cell.readout(params.cell, h, x)


class LearnedStartCell(_LearnedStart):
    """A cell of neither form with a learned initial state."""

    def step(self, params: LearnedStartParams, state: State, x_t: Array) -> tuple[State, Array]:
        """Runs the cell."""
        return self.cell.step(params.cell, state, x_t)


def _learnable(x: Array) -> Array:
    """Returns what gradient descent can treat as ordinary numbers.

    Complex numbers are `[2, ...]`, real and imaginary; whole ones are not learned, and `[0]`.
    """
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        return jnp.zeros(0)
    return jnp.stack([x.real, x.imag]) if jnp.iscomplexobj(x) else x
