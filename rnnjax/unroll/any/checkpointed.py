"""The plain loop that remembers only some states."""

import math
from typing import Any

from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.any.scan import Scan
from rnnjax.unroll.base import EngineValue
from rnnjax.unroll.blocks import is_known, run_in_blocks


class Checkpointed(EngineValue):
    """Runs any cell in blocks of `block` steps and remembers the states between them alone.

    The gradient runs each block a second time. Memory is that of `T / block` states and of one
    block's steps: least, and of the order of sqrt(T), at `block = sqrt(T)`, the default. A last
    shorter block takes what is left of T.

    Args:
        block: how many steps are run at a time; the root of T if None, all of it if T is a symbol.
        unroll: how many steps one turn of the loop over a block's steps makes; see `Scan`.

    Example:
        >>> Checkpointed(block=28)
        Checkpointed(block=28, unroll=1)

    References:
        Chen et al. (2016), Training deep nets with sublinear memory cost, arXiv:1604.06174.
    """

    closes = True
    by_parts = False  # what goes from part to part would be kept for every step

    block: int | None = None
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
        plain = Scan(unroll=self.unroll)

        def run(params: Params, state: State, inputs: tuple) -> tuple[State, Any]:
            xs, mask, reset = inputs
            return plain.run(cell, params, state, xs, mask, reset)

        steps = leading_axes(xs)[0]
        if not is_known(steps):  # a loop that may have no turns cannot be exported
            return run(params, state, (xs, mask, reset))
        block = self.block or max(1, math.isqrt(steps))
        return run_in_blocks(run, block, params, state, (xs, mask, reset))


checkpointed = Checkpointed()
