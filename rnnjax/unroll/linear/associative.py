"""Time in parallel, for recurrences that are linear in their state."""

from rnnjax.cells.base import LinearCell, LinearState
from rnnjax.typing import Array, Params
from rnnjax.unroll.any.scan import scan
from rnnjax.unroll.base import Chunked
from rnnjax.unroll.linear import steps as linear


class Associative(Chunked):
    """Runs a `LinearCell` with `jax.lax.associative_scan`, log2(T) steps deep; see `unroll.Engine`.

    Steps `h -> a h + b` compose as `(a1, b1), (a2, b2) -> (a2 a1, a2 b1 + b2)`. A masked step is
    `(1, 0)`; a reset one is `a h_0 + b`, whatever was before.

    With a `chunk`, each chunk of so many steps is a loop, all chunks run at once, and only their
    totals are composed as a tree: fewer operations, `chunk + log2(T / chunk)` steps deep.

    References:
        Blelloch (1990), Prefix sums and their applications, CMU-CS-90-190.
        Martin & Cundy (2018), Parallelizing linear recurrent neural nets over sequence length,
        ICLR, arXiv:1709.04057.
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
        if xs.shape[0] == 0:  # `associative_scan` refuses to compose nothing
            return scan.run(cell, params, state, xs, mask, reset)
        return linear.run(self._find, cell, params, state, xs, mask, reset)

    def _find(self, each: linear.Step, h: Array) -> tuple[Array, Array]:
        if self.chunk is None:
            hs = linear.states(each, h)
        else:
            hs = linear.states_in_chunks(each, h, self.chunk)
        return hs[-1], hs


associative = Associative()
