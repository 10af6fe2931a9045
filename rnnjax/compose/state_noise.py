"""Noise that is added to the state."""

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.compose.added import Added
from rnnjax.compose.base import wrap
from rnnjax.compose.chance import check_std
from rnnjax.typing import Array, Key, Params, State


def state_noise(cell: Cell, std: float) -> Cell:
    """Returns `cell` with Gaussian noise in its state, or each of its parts so.

    Example:
        >>> from rnnjax.cells import GRU
        >>> state_noise(GRU(2), 0.1)
        StateNoise(cell=GRU(hidden=2), std=0.1)
    """
    return wrap(cell, lambda part: StateNoise(part, std))


class StateNoise(Added):
    """A cell with noise in its state, `s_t = s~_t + std * e_t`, `s~_t` what the cell makes.

    `e_t` is standard normal, drawn for each array of the state, unit, sequence and step (see
    `compose.noisy`); of complex states real and imaginary part have half the variance each, and
    whole numbers have no noise. Without noise, as after training, nothing is added. The output is
    that of the changed state. Of an `AssociativeCell` that is no `LinearCell` it is a plain `Cell`.

    Example:
        >>> from rnnjax.cells import GRU
        >>> cell = StateNoise(GRU(2), 0.1)
        >>> cell.draw(jax.random.key(0), cell.init(jax.random.key(1), 3), (5,)).own.h.shape
        (5, 2)

    References:
        Jim, Giles & Horne (1996), An analysis of noise in recurrent neural networks: convergence
        and generalization, IEEE Transactions on Neural Networks 7.
        Lim, Erichson, Hodgkinson & Mahoney (2021), Noisy recurrent neural networks, NeurIPS,
        arXiv:2102.04877.
    """

    std: float = 0.1

    def __post_init__(self) -> None:
        """Refuses what is no deviation.

        Raises:
            ValueError: if `std` is below 0.
        """
        super().__post_init__()
        check_std(self, self.std)

    def draw_own(self, key: Key, params: Params, leading: tuple[int, ...]) -> State:
        """Draws the noise, `std` in it, like a state `[T, ...]`."""
        leaves, structure = jax.tree.flatten(self.initial_state(params))
        keys = jax.random.split(key, len(leaves))

        def draw(key: Key, leaf: Array) -> Array:
            shape = (*leading, *leaf.shape)
            if not jnp.issubdtype(leaf.dtype, jnp.inexact):
                return jnp.zeros(shape, leaf.dtype)
            return self.std * jax.random.normal(key, shape, leaf.dtype)

        return jax.tree.unflatten(structure, list(map(draw, keys, leaves)))
