"""All states over time, as outputs."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from rnnjax.cells.base import Cell
from rnnjax.compose.base import Composite, Run
from rnnjax.compose.wrapper import Wrapper
from rnnjax.typing import Key, Params, State


class Observed(NamedTuple):
    """An output of `with_states`: `[T, ...]` each, as an engine returns it; zero where masked.

    Example:
        >>> Observed(y=1, state=2, gates=None)._fields
        ('y', 'state', 'gates')
    """

    y: Any  # the cell's output
    state: State  # after the step
    gates: Any  # of a cell that names them, else None


def with_states(cell: Cell) -> Cell:
    """Returns `cell` with outputs that hold its state after each step, and its gates.

    It keeps the contract and runs on the same engines. Of a cell made of cells states and gates are
    those of the parts, in the places that their final states have. For `dL/dh_t` see
    `compose.probed`.

    Example:
        >>> from rnnjax import unroll
        >>> from rnnjax.cells import LSTM
        >>> cell = with_states(LSTM(2))
        >>> params = cell.init(jax.random.key(0), 3)
        >>> xs = jax.numpy.ones((5, 3))
        >>> _, seen = unroll.scan(cell, params, cell.initial_state(params), xs)
        >>> seen.state.c.shape, seen.gates.f.shape
        ((5, 2), (5, 2))
    """
    return PartsWithStates(cell) if isinstance(cell, Composite) else WithStates(cell)


class WithStates(Wrapper):
    """A cell whose output is an `Observed`; see `with_states`.

    Example:
        >>> from rnnjax.cells import GRU
        >>> WithStates(GRU(2)).output_dim
        2
    """

    def change_output(
        self, params: Params, y: Any, state: State, gates: Callable[[], Any]
    ) -> Observed:
        """Returns the output beside the state and the gates."""
        del params
        return Observed(y, state, gates())


class PartsWithStates(Composite):
    """A cell made of cells whose output is an `Observed`; see `with_states`.

    Example:
        >>> from rnnjax.cells import GRU
        >>> from rnnjax.compose import Stack
        >>> PartsWithStates(Stack((GRU(2), GRU(3)))).output_dim
        3
    """

    cell: Composite

    @property
    def output_dim(self) -> int:
        """The cell's own."""
        return self.cell.output_dim

    def init(self, key: Key, input_dim: int) -> Params:
        """Draws the cell's parameters."""
        return self.cell.init(key, input_dim)

    def initial_state(self, params: Params, batch_shape: tuple[int, ...] = ()) -> State:
        """The cell's own."""
        return self.cell.initial_state(params, batch_shape)

    def prepare(self, params: Params) -> Params:
        """As the cell does."""
        return self.cell.prepare(params)

    def draw(self, key: Key, params: Params, leading: tuple[int, ...]) -> Any:
        """As the cell does."""
        return self.cell.draw(key, params, leading)

    def perturb(self, key: Key, params: Params) -> Params:
        """As the cell does."""
        return self.cell.perturb(key, params)

    def run_parts(self, run: Run, params: Params, state: State, x: Any) -> tuple[State, Observed]:
        """Runs the parts and puts what is seen of each where its state belongs."""

        def run_part(part: Cell, params: Params, state: State, x: Any) -> tuple[_Seen, Any]:
            after, (y, state, gates) = run(with_states(part), params, state, x)
            return _Seen(after, state, gates), y

        seen, y = self.cell.run_parts(run_part, params, state, x)
        after, states, gates = (
            jax.tree.map(lambda s, i=i: s[i], seen, is_leaf=_is_seen) for i in range(3)
        )
        return after, Observed(y, states, gates)


class _Seen(NamedTuple):
    """What a part leaves."""

    after: State
    states: State
    gates: Any


def _is_seen(value: object) -> bool:
    return isinstance(value, _Seen)
