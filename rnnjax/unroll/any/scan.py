"""The plain loop, the engine that the others are measured against."""

from typing import Any

import jax

from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.base import EngineValue
from rnnjax.unroll.blocks import steps_a_turn
from rnnjax.unroll.masks import masked_step
from rnnjax.unroll.single import widen


class Scan(EngineValue):
    """Runs any cell one step after another with `jax.lax.scan`; see `unroll.Engine`.

    The gradient keeps what each step needs for its backward pass, so memory grows with T.

    Args:
        unroll: how many steps one turn of the compiled loop makes. More than 1 costs compile time
            and saves what a turn costs beside its steps, which matters for small cells.

    Example:
        >>> Scan(unroll=4)
        Scan(unroll=4)
    """

    closes = True
    by_parts = False  # each step runs all of the cell

    unroll: int = 1

    def run(
        self,
        cell: Cell,
        params: Params,
        state: State,
        xs: Any,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[State, Any]:
        """Runs `cell` over `xs`; see `unroll.Engine`."""
        wide, narrow = widen(params)

        def step(state: State, inputs: tuple) -> tuple[State, Any]:
            return masked_step(cell, narrow(wide), state, *inputs)

        unroll = steps_a_turn(self.unroll, leading_axes(xs)[0])
        return jax.lax.scan(step, state, (xs, mask, reset), unroll=unroll)


scan = Scan()
