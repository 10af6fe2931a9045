"""Dropout of the recurrent state, with one mask for all time."""

from typing import Any

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.cells.noise import pack
from rnnjax.compose.base import wrap
from rnnjax.compose.chance import check_rate
from rnnjax.compose.wrapper import SplitWrapper
from rnnjax.typing import Key, Params, State


def recurrent_dropout(cell: Cell, rate: float) -> Cell:
    """Returns `cell` with recurrent dropout, or each of its parts so.

    Example:
        >>> from rnnjax.cells import GRU
        >>> recurrent_dropout(GRU(2), 0.25)
        RecurrentDropout(cell=GRU(hidden=2), rate=0.25)
    """
    return wrap(cell, lambda part: RecurrentDropout(part, rate))  # pyright: ignore[reportArgumentType]


class RecurrentDropout(SplitWrapper):
    """A `SplitCell` whose recurrent product sees only some units, the same at every step.

    `v_t = (m * h_{t-1}) w_h`, with `m` 0 with the chance `rate` and `1 / (1 - rate)` else, drawn
    once for each unit and sequence (see `compose.noisy`). What else of the state the step uses,
    such as `z * h_{t-1}`, is whole. Without noise, as after training, nothing is dropped.

    Example:
        >>> from rnnjax.cells import GRU
        >>> cell = RecurrentDropout(GRU(2), 0.5)
        >>> cell.draw(jax.random.key(0), cell.init(jax.random.key(1), 3), (5,)).own.h.shape
        (5, 2)

    References:
        Gal & Ghahramani (2016), A theoretically grounded application of dropout in recurrent neural
        networks, NeurIPS, arXiv:1512.05287, section 4.
    """

    rate: float = 0.25

    def __post_init__(self) -> None:
        """Refuses what is no chance.

        Raises:
            ValueError: if not `0 <= rate < 1`.
        """
        super().__post_init__()
        check_rate(self, self.rate)

    def draw_own(self, key: Key, params: Params, leading: tuple[int, ...]) -> State:
        """Draws the mask of each sequence, repeated over time, like a state `[T, ...]`."""
        steps, *batch = leading
        leaves, structure = jax.tree.flatten(self.initial_state(params))
        keys, masks = jax.random.split(key, len(leaves)), []
        for k, leaf in zip(keys, leaves, strict=True):
            kept = jax.random.bernoulli(k, 1 - self.rate, (*batch, *leaf.shape))
            mask = kept.astype(leaf.real.dtype) / (1 - self.rate)
            masks.append(jnp.broadcast_to(mask, (steps, *mask.shape)))
        return jax.tree.unflatten(structure, masks)

    def attend(self, state: State, x_t: Any) -> State:
        """Returns the state times the mask."""
        x, own, noise = self.opened(x_t)
        if own is not None:
            state = jax.tree.map(lambda s, m: (s * m).astype(s.dtype), state, own)
        return self.cell.attend(state, pack(x, noise))
