"""Units that now and then keep their state."""

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell, LinearCell, SplitCell
from rnnjax.compose.base import wrap
from rnnjax.compose.chance import check_rate
from rnnjax.compose.wrapper import Wrapper
from rnnjax.typing import Array, Key, Params, State


def zoneout(cell: Cell, rate: float) -> Cell:
    """Returns `cell` with zoneout, or each of its parts so.

    Example:
        >>> from rnnjax.cells import GRU
        >>> zoneout(GRU(2), 0.1)
        Zoneout(cell=GRU(hidden=2), rate=0.1)
    """
    return wrap(cell, lambda part: Zoneout(part, rate))


class Zoneout(Wrapper):
    """A cell each of whose units keeps its state at a step with the chance `rate`.

    `s_t = k_t * s_{t-1} + (1 - k_t) * s~_t`, with `s~_t` what the cell makes and `k_t` 1 with the
    chance `rate` and 0 else, drawn for each array of the state, unit, sequence and step (see
    `compose.noisy`); without noise, as after training, `k_t = rate`. The output is that of the
    changed state. Of an `AssociativeCell` that is no `LinearCell` it is a
    plain `Cell`.

    Example:
        >>> from rnnjax.cells import GRU
        >>> cell = Zoneout(GRU(2), 0.5)
        >>> cell.draw(jax.random.key(0), cell.init(jax.random.key(1), 3), (5,)).own.h.shape
        (5, 2)

    References:
        Krueger et al. (2017), Zoneout: regularizing RNNs by randomly preserving hidden activations,
        ICLR, arXiv:1606.01305, eqs. 1-2.
    """

    keeps = (SplitCell, LinearCell)

    rate: float = 0.1

    def __post_init__(self) -> None:
        """Refuses what is no chance.

        Raises:
            ValueError: if not `0 <= rate < 1`.
        """
        super().__post_init__()
        check_rate(self, self.rate)

    def draw_own(self, key: Key, params: Params, leading: tuple[int, ...]) -> State:
        """Draws which units keep their state, 1 or 0, like a state `[T, ...]`."""
        leaves, structure = jax.tree.flatten(self.initial_state(params))
        keys = jax.random.split(key, len(leaves))
        kept = [
            jax.random.bernoulli(k, self.rate, (*leading, *leaf.shape)).astype(leaf.real.dtype)
            for k, leaf in zip(keys, leaves, strict=True)
        ]
        return jax.tree.unflatten(structure, kept)

    def change_state(
        self, params: Params, before: State, after: State, noise: State | None
    ) -> State:
        """Keeps some of the state before the step; whole numbers are no units."""
        del params

        def leaf(old: Array, new: Array, keep: Array | float) -> Array:
            is_unit = jnp.issubdtype(new.dtype, jnp.inexact)
            return keep * old + (1 - keep) * new if is_unit else new

        if noise is None:
            return jax.tree.map(lambda old, new: leaf(old, new, self.rate), before, after)
        return jax.tree.map(leaf, before, after, noise)

    def change_coefficients(
        self, params: Params, decay: Array, drive: Array, noise: State | None
    ) -> tuple[Array, Array]:
        """Returns `k + (1 - k) a` and `(1 - k) b`."""
        del params
        keep = self.rate if noise is None else noise.h
        return keep + (1 - keep) * decay, (1 - keep) * drive
