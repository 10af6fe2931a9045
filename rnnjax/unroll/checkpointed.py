"""The plain loop that remembers only some states."""

import math

from rnnjax.cells.base import Cell
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.base import check, check_count
from rnnjax.unroll.blocks import run_in_blocks
from rnnjax.unroll.configured import Configured
from rnnjax.unroll.sequential import scan


class _checkpointed(Configured):  # noqa: N801 (prints as the call that makes it)
    """Runs any cell in blocks of `block` steps and remembers the states between them alone.

    The gradient runs each block a second time. Memory is that of `T / block` states and of one
    block's steps: least, and of the order of sqrt(T), at `block = sqrt(T)`, the default. A last
    shorter block takes what is left of T.

    Example:
        >>> checkpointed(block=28)
        checkpointed(block=28)

    References:
        Chen et al. (2016), Training deep nets with sublinear memory cost, arXiv:1604.06174.
    """

    by_parts = False  # what goes from part to part would be kept for every step

    block: int | None = None

    def __post_init__(self) -> None:
        """Refuses blocks of no steps.

        Raises:
            ValueError: if `block` is not a whole number of 1 or more.
        """
        if self.block is not None:
            check_count("block", self.block)

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
        check(xs, mask, reset)
        block = self.block or max(1, math.isqrt(xs.shape[0]))

        def run(params: Params, state: State, inputs: tuple) -> tuple[State, Array]:
            xs, mask, reset = inputs
            return scan(cell, params, state, xs, mask=mask, reset=reset)

        return run_in_blocks(run, block, params, state, (xs, mask, reset))


checkpointed = _checkpointed()
