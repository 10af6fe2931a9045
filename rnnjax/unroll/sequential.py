"""The plain loop, the engine that the others are measured against."""

import jax

from rnnjax.cells.base import Cell
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.base import masked_step
from rnnjax.unroll.value import EngineValue


class _scan(EngineValue):  # noqa: N801 (prints as the call that makes it)
    """Runs any cell one step after another with `jax.lax.scan`; see `unroll.Engine`.

    The gradient keeps what each step needs for its backward pass, so memory grows with T.

    Args:
        unroll: how many steps one turn of the compiled loop makes. More than 1 costs compile time
            and saves what a turn costs beside its steps, which matters for small cells.

    Example:
        >>> scan(unroll=4)
        scan(unroll=4)
    """

    by_parts = False  # each step runs all of the cell

    unroll: int = 1

    def run(
        self,
        cell: Cell,
        params: Params,
        state: State,
        xs: Array,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[State, Array]:
        """Runs `cell` over `xs`; see `unroll.Engine`."""

        def step(state: State, inputs: tuple) -> tuple[State, Array]:
            return masked_step(cell, params, state, *inputs)

        return jax.lax.scan(step, state, (xs, mask, reset), unroll=self.unroll)


scan = _scan()
