"""Connections that skip steps of time."""

from typing import Any, NamedTuple

import jax

from rnnjax.cells.base import Cell
from rnnjax.cells.gatedcell import GatedCell
from rnnjax.compose.base import wrap
from rnnjax.compose.matrix import change_matrices, matrices
from rnnjax.compose.wrapper import SplitWrapper, Wrapper
from rnnjax.typing import Key, Params, State


def skip(cell: Cell, steps: int) -> Cell:
    """Returns `cell` with connections from `steps` steps ago, or each of its parts so.

    Example:
        >>> from rnnjax.cells import GRU
        >>> skip(GRU(2), 5)
        Skip(cell=GRU(hidden=2), steps=5)
    """
    return wrap(cell, lambda part: Skip(part, steps))  # pyright: ignore[reportArgumentType]


class SkipParams(NamedTuple):
    """Parameters of `Skip`."""

    cell: Params
    w_s: Any  # shaped like the cell's w_h; prepared, the cell's parameters with it as w_h


class SkipState(NamedTuple):
    """State of `Skip`."""

    cell: State
    past: tuple[State, ...]  # those before that, steps - 1 of them, the oldest first


class Skip(SplitWrapper):
    """A `GatedCell` that sees two of its states, the last and that of `steps` steps ago.

        v_t = h_{t-1} w_h + h_{t-steps} w_s

    The second matrix is drawn like the first, and both products reach all gates; before the
    beginning, or a reset, the state was the initial one. Gradients go back through a
    `1 / steps` of the steps. What changes the cell's recurrent matrix changes both, within or
    without; what changes its states, as `zoneout`, belongs within. A NARX network has a matrix for
    each of the last `steps` states.

    Example:
        >>> from rnnjax.cells import GRU
        >>> cell = Skip(GRU(2), 5)
        >>> len(cell.initial_state(cell.init(jax.random.key(0), 3)).past)
        4

    References:
        Lin, Horne, Tino & Giles (1996), Learning long-term dependencies in NARX recurrent neural
        networks, IEEE Transactions on Neural Networks 7.
        Zhang et al. (2016), Architectural complexity measures of recurrent neural networks,
        NeurIPS, arXiv:1602.08210 (the recurrent skip coefficient).
    """

    params_type = SkipParams
    own_matrices = ("w_s",)

    steps: int = 2

    def __post_init__(self) -> None:
        """Refuses what skips nothing, and cells without a recurrent matrix.

        Raises:
            ValueError: if `steps` is below 2, or there is no `GatedCell` in the wrappers.
        """
        super().__post_init__()
        if self.steps < 2:
            raise ValueError(f"{self}: steps must be 2 or more; the cell sees 1 step ago already")
        cell: Cell = self.cell
        while isinstance(cell, Wrapper) and not isinstance(cell, Skip):
            cell = cell.cell
        if not isinstance(cell, GatedCell):
            raise ValueError(f"{self}: cell must be a GatedCell, that skips no steps already")

    def init(self, key: Key, input_dim: int) -> SkipParams:
        """Draws the cell's parameters, and a second recurrent matrix."""
        other = self.cell.init(jax.random.fold_in(key, 4), input_dim)
        return SkipParams(self.cell.init(key, input_dim), *matrices(self.cell, other))

    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> SkipState:
        """Returns the cell's own, as often as it is remembered."""
        state = super().initial_state(params, batch_shape)
        return SkipState(state, (state,) * (self.steps - 1))

    def output(self, params: Params, state: SkipState) -> Any:
        """The cell's own."""
        return super().output(params, state.cell)

    def change_params(self, params: SkipParams) -> SkipParams:
        """Prepares the second matrix as the cell prepares its first."""
        return params._replace(w_s=self.cell.prepare(self._other(params)))

    def perturb(self, key: Key, params: SkipParams) -> SkipParams:
        """Perturbs both matrices as the cell does its own, each by itself."""
        changed = super().perturb(key, params)
        if changed is params:
            return params
        other = self.cell.perturb(jax.random.fold_in(key, 1), self._other(params))
        (w_s,) = matrices(self.cell, other)
        return changed._replace(w_s=w_s)

    def attend(self, state: SkipState, x_t: Any) -> SkipState:
        """Attends to both states as the cell does."""
        oldest, *others = state.past
        own = super().attend(state.cell, x_t)
        return SkipState(own, (super().attend(oldest, x_t), *others))

    def recur(self, params: Params, state: SkipState) -> Any:
        """Returns the sum of both products."""
        params = self.ready(params)
        own = self.cell.recur(params.cell, state.cell)
        return own + self.cell.recur(params.w_s, state.past[0])

    def combine(self, params: Params, state: SkipState, u: Any, v: Any) -> tuple[SkipState, Any]:
        """Combines as the cell does, and remembers the state before the step."""
        after, y = super().combine(params, state.cell, u, v)
        return SkipState(after, (*state.past[1:], state.cell)), y

    def gates(self, params: Params, state: SkipState, u: Any, v: Any) -> Any:
        """The cell's own."""
        return super().gates(params, state.cell, u, v)

    def _other(self, params: SkipParams) -> Params:
        """Returns the cell's parameters with the second matrix in the place of the first."""
        return change_matrices(self.cell, params.cell, lambda _: params.w_s)
