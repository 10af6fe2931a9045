"""Two kinds of matrix memories, by what a step does to what was stored."""

from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.cells.matrix.heads import HeadedCell, wide_dtype
from rnnjax.typing import Array, Params


class MatrixState(NamedTuple):
    """The state of a matrix memory.

    Example:
        >>> MatrixState(jnp.zeros((2, 4, 8))).S.shape
        (2, 4, 8)
    """

    S: Array  # [..., heads, dk, dv]


class DecayElement(NamedTuple):
    """One step of a `DecayingMemory`, or several: `S -> diag(decay) S + drive`."""

    decay: Array  # [..., heads, dk]; or 1 for dk, where all rows decay alike
    drive: Array  # [..., heads, dk, dv]


class ErasingElement(NamedTuple):
    """One step of an `ErasingMemory`, or several: `S -> M S + X`."""

    M: Array  # [..., heads, dk, dk]
    X: Array  # [..., heads, dk, dv]


class MatrixMemory(HeadedCell):
    """A matrix a head, zero at first."""

    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> MatrixState:
        """Zeros; of single precision where the parameters are of less."""
        shape = (*batch_shape, self.heads, self.dk, self.dv)
        return MatrixState(jnp.zeros(shape, wide_dtype(params)))


class DecayingMemory(MatrixMemory):
    """A memory whose rows decay, each by itself."""

    def compose(self, earlier: DecayElement, later: DecayElement) -> DecayElement:
        """Returns `S -> a_2 (a_1 S + b_1) + b_2`, row by row."""
        drive = later.decay[..., None] * earlier.drive + later.drive
        return DecayElement(later.decay * earlier.decay, drive)

    def apply(self, element: DecayElement, state: MatrixState) -> MatrixState:
        """Returns `diag(decay) S + drive`."""
        return MatrixState(element.decay[..., None] * state.S + element.drive)


class ErasingMemory(MatrixMemory):
    """A memory whose rows are mixed at each step, so that what a key holds can be erased."""

    def compose(self, earlier: ErasingElement, later: ErasingElement) -> ErasingElement:
        """Returns `S -> M_2 (M_1 S + X_1) + X_2`."""
        return ErasingElement(later.M @ earlier.M, later.M @ earlier.X + later.X)

    def apply(self, element: ErasingElement, state: MatrixState) -> MatrixState:
        """Returns `M S + X`."""
        return MatrixState(element.M @ state.S + element.X)
