"""What wrappers share that add something to the state after a step."""

import jax
import jax.numpy as jnp

from rnnjax.cells.base import LinearCell, SplitCell
from rnnjax.compose.wrapper import Wrapper
from rnnjax.typing import Array, Params, State


class Added(Wrapper):
    """A cell with its noise, drawn like its state, added to the state after each step.

    The output is that of the changed state.
    """

    keeps = (SplitCell, LinearCell)

    def change_state(
        self, params: Params, before: State, after: State, noise: State | None
    ) -> State:
        """Adds the noise."""
        del params, before
        return after if noise is None else jax.tree.map(jnp.add, after, noise)

    def change_coefficients(
        self, params: Params, decay: Array, drive: Array, noise: State | None
    ) -> tuple[Array, Array]:
        """Adds the noise to the drive."""
        del params
        return decay, drive if noise is None else drive + noise.h
