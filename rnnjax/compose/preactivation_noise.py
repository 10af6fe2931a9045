"""Noise that is added to what gates and candidates are functions of."""

from typing import Any

import jax

from rnnjax.cells.base import Cell
from rnnjax.cells.noise import Noised, unpack
from rnnjax.compose.base import wrap
from rnnjax.compose.chance import check_std
from rnnjax.compose.wrapper import SplitWrapper
from rnnjax.typing import Array, Key, Params, State


def preactivation_noise(cell: Cell, std: float) -> Cell:
    """Returns `cell` with Gaussian noise before its activations, or each of its parts so.

    Example:
        >>> from rnnjax.cells import Elman
        >>> preactivation_noise(Elman(2), 0.1)
        PreactivationNoise(cell=Elman(hidden=2, activation=tanh), std=0.1)
    """
    return wrap(cell, lambda part: PreactivationNoise(part, std))  # pyright: ignore[reportArgumentType]


class PreactivationNoise(SplitWrapper):
    """A `SplitCell` with noise in its recurrent product, `v_t = recur(h_{t-1}) + std * e_t`.

    `e_t` is standard normal, drawn for each entry of `v`, sequence and step (see `compose.noisy`).
    Where a cell adds `u` and `v` that is noise before the activation; where it does something to
    `v` first, as GRU resets it, it does so to the noise. Without noise, as after training, nothing
    is added.

    For `CTRNN` it is Song, Yang & Wang's noise with `std = sigma * sqrt(2 * tau / dt)`.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> cell = PreactivationNoise(LSTM(2), 0.1)
        >>> cell.draw(jax.random.key(0), cell.init(jax.random.key(1), 3), (5,)).own.shape
        (5, 8)

    References:
        Song, Yang & Wang (2016), Training excitatory-inhibitory recurrent neural networks for
        cognitive tasks: a simple and flexible framework, PLoS Computational Biology 12.
    """

    std: float = 0.1

    def __post_init__(self) -> None:
        """Refuses what is no deviation.

        Raises:
            ValueError: if `std` is below 0.
        """
        super().__post_init__()
        check_std(self, self.std)

    def draw_own(self, key: Key, params: Params, leading: tuple[int, ...]) -> Any:
        """Draws the noise, `std` in it, like a recurrent product `[T, ...]`."""
        inner = self.inner(self.ready(params))
        v = jax.eval_shape(self.cell.recur, inner, self.cell.initial_state(inner))
        return self.std * jax.random.normal(key, (*leading, *v.shape), v.dtype)

    def combine(self, params: Params, state: State, u: Any, v: Array) -> tuple[State, Any]:
        """Combines as the cell does, with the noise."""
        u, noise = unpack(u)
        return super().combine(params, state, Noised(u, None), _noised(v, noise))

    def gates(self, params: Params, state: State, u: Any, v: Array) -> Any:
        """The cell's own, with the noise."""
        u, noise = unpack(u)
        return super().gates(params, state, Noised(u, None), _noised(v, noise))


def _noised(v: Array, noise: Array | None) -> Array:
    return v if noise is None else v + noise
