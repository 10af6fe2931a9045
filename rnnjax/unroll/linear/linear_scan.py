"""The plain loop for steps that compose, with a derivative of its own."""

from typing import Any

from rnnjax.cells.base import AssociativeCell
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.base import Chunked
from rnnjax.unroll.blocks import run_in_chunks
from rnnjax.unroll.linear.maps import Maps
from rnnjax.unroll.linear.over_time import run


class LinearScan(Chunked):
    """Runs an `AssociativeCell` one step after another; the gradient is its own; see `Engine`.

    Only `apply` is in the loop, `h_t = a_t * h_{t-1} + b_t` of a `LinearCell`. Elements and outputs
    are made for all steps of a chunk at once. Backward in time only the state's cotangent is in the
    loop, of a `LinearCell` the same recurrence; those of the elements are found after it.

    The gradient keeps the first state of each chunk and runs the chunk a second time. By default up
    to 128 steps are one chunk, and more are divided into chunks of 16 to 28 steps.

    Example:
        >>> LinearScan(chunk=32)
        LinearScan(chunk=32)

    References:
        Martin & Cundy (2018), Parallelizing linear recurrent neural nets over sequence length,
        ICLR, arXiv:1709.04057, section 2.3 (the gradient).
    """

    contracts = (AssociativeCell,)

    def run(
        self,
        cell: AssociativeCell,
        params: Params,
        state: State,
        xs: Any,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[State, Any]:
        """Runs `cell` over `xs`; see `unroll.Engine`."""

        def run_chunk(params: Params, state: State, inputs: tuple) -> tuple[State, Any]:
            return run(_find, cell, params, state, *inputs)

        return run_in_chunks(run_chunk, self.chunk, params, state, (xs, mask, reset))


linear_scan = LinearScan()


def _find(maps: Maps, each: Any, state: State) -> tuple[State, State]:
    return maps.states_in_a_loop(each, state)
