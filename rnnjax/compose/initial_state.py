"""Where a cell starts from, learned."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.typing import Array, Key, Params, State


class LearnedInitialStateParams(NamedTuple):
    """Parameters of `LearnedInitialState`."""

    cell: Params
    initial: State  # one state, unbatched; complex leaves as `[2, ...]`, real and imaginary


class LearnedInitialState(Cell):
    """Makes a cell's initial state a parameter, one for the whole batch.

    It is learned through `initial_state`, so each sequence has to start from that (or from a
    `reset`), not from a state of the caller's.

    References:
        Forcada & Carrasco (1995), Learning the initial state of a second-order recurrent neural
        network during regular-language inference, Neural Computation 7.
    """

    cell: Cell

    @property
    def output_dim(self) -> int:
        """The cell's own."""
        return self.cell.output_dim

    def init(self, key: Key, input_dim: int) -> LearnedInitialStateParams:
        """Draws the cell's parameters; the state starts where the cell starts it."""
        params = self.cell.init(key, input_dim)
        initial = jax.tree.map(_as_real, self.cell.initial_state(params))
        return LearnedInitialStateParams(params, initial)

    def initial_state(
        self, params: LearnedInitialStateParams, batch_shape: tuple[int, ...] = ()
    ) -> State:
        """Returns the learned state, repeated over the batch."""

        def expand(own: Array, learned: Array) -> Array:
            if jnp.iscomplexobj(own):
                learned = jax.lax.complex(*learned.astype(own.real.dtype))
            return jnp.broadcast_to(learned.astype(own.dtype), own.shape)

        own = self.cell.initial_state(params.cell, batch_shape)
        return jax.tree.map(expand, own, params.initial)

    def step(
        self, params: LearnedInitialStateParams, state: State, x_t: Array
    ) -> tuple[State, Array]:
        """Runs the cell."""
        return self.cell.step(params.cell, state, x_t)


def _as_real(x: Array) -> Array:
    """Returns what gradient descent can treat as ordinary numbers."""
    return jnp.stack([x.real, x.imag]) if jnp.iscomplexobj(x) else x
