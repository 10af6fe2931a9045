"""Cells whose initial state is learned."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.compose.base import wrap
from rnnjax.compose.wrapper import Wrapper
from rnnjax.typing import Array, Key, Params, State


def learned_start(cell: Cell) -> Cell:
    """Returns `cell` with its initial state as a parameter, or each of its parts so.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> learned_start(LSTM(2))
        LearnedStart(cell=LSTM(hidden=2, forget_bias=1.0))
    """
    return wrap(cell, lambda part: part if isinstance(part, LearnedStart) else LearnedStart(part))


class LearnedStartParams(NamedTuple):
    """Parameters of `LearnedStart`."""

    cell: Params
    initial: State  # one state, unbatched; see `_learnable`


class LearnedStart(Wrapper):
    """A cell with its initial state as a parameter, one for the whole batch.

    It is learned through `initial_state`, so each sequence has to start from that (or from a
    `reset`), not from a state of the caller's.

    Example:
        >>> from rnnjax.cells import GRU
        >>> cell = LearnedStart(GRU(2))
        >>> params = cell.init(jax.random.key(0), 3)
        >>> params = params._replace(initial=jax.tree.map(lambda h: h + 0.5, params.initial))
        >>> cell.initial_state(params).h
        Array([0.5, 0.5], dtype=float32)

    References:
        Forcada & Carrasco (1995), Learning the initial state of a second-order recurrent neural
        network during regular-language inference, Neural Computation 7.
    """

    params_type = LearnedStartParams

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

        own = super().initial_state(params, batch_shape)
        return jax.tree.map(expand, own, self.ready(params).initial)


def _learnable(x: Array) -> Array:
    """Returns what gradient descent can treat as ordinary numbers.

    Complex numbers are `[2, ...]`, real and imaginary; whole ones are not learned, and `[0]`.
    """
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        return jnp.zeros(0)
    return jnp.stack([x.real, x.imag]) if jnp.iscomplexobj(x) else x
