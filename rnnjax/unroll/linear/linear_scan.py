"""The plain loop for recurrences that are linear in their state."""

from rnnjax.cells.base import LinearCell, LinearState
from rnnjax.typing import Array, Params
from rnnjax.unroll.base import Chunked
from rnnjax.unroll.blocks import run_in_chunks
from rnnjax.unroll.linear import steps as linear


class LinearScan(Chunked):
    """Runs a `LinearCell` one step after another, with a gradient of its own; see `unroll.Engine`.

    Only `h_t = a_t * h_{t-1} + b_t` is in the loop. Coefficients and readout are products over a
    chunk of time, and the gradient of the loop is the same recurrence backward in time. Reverse
    mode only: for forward mode (`jax.jvp`, `jax.jacfwd`) use `scan` or `associative`.

    The gradient keeps the first state of each chunk and runs the chunk a second time. The default
    is that of `deferred`.

    Example:
        >>> LinearScan(chunk=32)
        LinearScan(chunk=32)

    References:
        Martin & Cundy (2018), Parallelizing linear recurrent neural nets over sequence length,
        ICLR, arXiv:1709.04057, section 2.3 (the gradient).
    """

    contracts = (LinearCell,)

    def run(
        self,
        cell: LinearCell,
        params: Params,
        state: LinearState,
        xs: Array,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[LinearState, Array]:
        """Runs `cell` over `xs`; see `unroll.Engine`."""

        def run(params: Params, state: LinearState, inputs: tuple) -> tuple[LinearState, Array]:
            xs, mask, reset = inputs
            return linear.run(linear.states_in_a_loop, cell, params, state, xs, mask, reset)

        return run_in_chunks(run, self.chunk, params, state, (xs, mask, reset))


linear_scan = LinearScan()
