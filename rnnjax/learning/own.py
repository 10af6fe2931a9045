"""The influence of parameters within units that see each other through one matrix product.

Of the Jacobian of a step only what a unit makes of itself is wanted then. It has two parts: what
the unit does by itself, and what comes back to it through the product, whose own part is that of
the weights and the same at every step. So a step takes as many products with cotangents as a unit
has numbers, where the whole Jacobian takes one for each number of the state.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.cells.base import Cell, SplitCell
from rnnjax.compose.wrapper import SplitWrapper
from rnnjax.dynamics import to_vector
from rnnjax.learning.influence import Entries, Influence
from rnnjax.learning.step import Step
from rnnjax.learning.structure import Structure, columns, drawn, structure_of
from rnnjax.numbers import numbers_of
from rnnjax.typing import Array, Key, Params, State


class ShiftedParams(NamedTuple):
    """Parameters of `Shifted`.

    Example:
        >>> ShiftedParams(cell=(), shift=0.0)
        ShiftedParams(cell=(), shift=0.0)
    """

    cell: Params
    shift: Any  # shaped like `cell.recur` of one state


class Shifted(SplitWrapper):
    """A cell that sees a held state in its recurrent product, and adds a parameter to that.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> Shifted(LSTM(2)).init(jax.random.key(0), 3).shift.shape
        (8,)
    """

    params_type = ShiftedParams

    def init(self, key: Key, input_dim: int) -> ShiftedParams:
        """Draws the cell's parameters, and shifts by nothing."""
        params = self.cell.init(key, input_dim)
        return self.with_no_shift(params, self.cell.initial_state(params))

    def with_no_shift(self, params: Params, state: State) -> ShiftedParams:
        """Returns parameters of the cell as its own; of a state only shapes are used."""
        like = jax.eval_shape(self.cell.recur, params, state)
        return ShiftedParams(params, jax.tree.map(lambda v: jnp.zeros(v.shape, v.dtype), like))

    def recur(self, params: Params, state: State) -> Any:
        """Returns the product of a state that is held, shifted."""
        params = self.ready(params)
        v = super().recur(params, jax.lax.stop_gradient(state))
        return jax.tree.map(jnp.add, v, params.shift)


class OwnInfluence(Influence):
    """The layout of influences within units, and what is done to them; see `own_influence`."""

    def __init__(self, cell: SplitCell, structure: Structure, alone: Structure) -> None:
        super().__init__(structure, reach=1)
        self.shifted = Shifted(cell)
        self.alone = alone
        self.colours = alone.colours()
        # [N, G]: which numbers of the product move a number of the state, and which are there.
        through = columns(alone.direct[len(structure.direct) :])
        most = max(1, through.sum(axis=1).max())
        self.through = np.argsort(~through, axis=1, kind="stable")[:, :most]
        self.is_through = np.take_along_axis(through, self.through, 1)

    def derivatives(self, step: Step) -> tuple[list[Array], Entries]:
        """Returns what parameters move at once, of all numbers of each colour; and the Jacobian."""
        cell = self.shifted.cell
        params = self.shifted.with_no_shift(step.params, step.state)
        moved, jacobian = self.pulled(step._replace(cell=self.shifted, params=params))
        moved, shifts = moved[: len(step.theta)], moved[len(step.theta) :]
        by_product = jnp.concatenate([x.reshape(len(x), -1) for x in shifts], axis=1)

        def attend(h: Array) -> Array:
            return _vector(cell.attend(step.state_of(h), step.inputs[0]))

        def recur(h: Array) -> Array:
            return _vector(cell.recur(step.params, step.state_of(h)))

        seen = jax.jvp(attend, (step.h,), (jnp.ones_like(step.h),))[1]  # elementwise
        weights = jax.jacfwd(recur)(jnp.zeros_like(step.h)) * seen[None]  # [V, N]

        def entries(to: np.ndarray, origin: np.ndarray) -> Array:
            """Returns entries within units; there is no influence elsewhere to multiply."""
            alone = jnp.where(
                self.alone.jacobian[to, origin], jacobian[self.colours[to], origin], 0
            )
            places = self.through[to], origin[..., None]
            back = by_product[self.colours[to][..., None], places[0]] * weights[places]
            return alone + jnp.where(self.is_through[to], back, 0).sum(axis=-1)

        return moved, entries


def own_influence(cell: Cell, like: tuple, structure: Structure) -> OwnInfluence | None:
    """Returns the layout of order 1 of a cell that takes less time by it, None for others.

    Args:
        cell: the recurrence.
        like: parameters, a state and an input, of which only shapes are used.
        structure: of its step.
    """
    params, state, x_t = like
    if not isinstance(cell, SplitCell) or not structure.is_within_units():
        return None
    shifted = Shifted(cell)
    given = shifted.with_no_shift(params, state)
    if any(map(jnp.iscomplexobj, jax.tree.leaves((given.shift, state)))):
        return None
    if not _is_linear(cell, like):
        return None
    layout = OwnInfluence(cell, structure, structure_of(shifted, given, state, x_t))
    return layout if layout.colours.max() < structure.colours().max() else None


def _is_linear(cell: SplitCell, like: tuple) -> bool:
    """Says whether the recurrent product is linear in states of any size that it sees."""

    def weights(key: Key) -> Array:
        params, state, x_t = drawn(cell, like, key)
        step = Step(cell, params, state, (x_t, None, None))
        recur = jax.jacfwd(lambda h: _vector(cell.recur(params, step.state_of(h))))
        return jnp.stack([recur(size * step.h) for size in _SIZES])

    with jax.ensure_compile_time_eval():
        for key in jax.random.split(jax.random.key(0), 3):
            at_zero, *others = weights(key)
            if not all(jnp.allclose(at_zero, w, rtol=1e-5, atol=1e-6) for w in others):
                return False
    return True


_SIZES = (0.0, 0.1, 1.0, 30.0, 1000.0)


def _vector(tree: Any) -> Array:
    return to_vector(numbers_of(tree))
