"""Time in parallel, for steps that compose."""

from typing import Any

from rnnjax.cells.base import AssociativeCell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.any.scan import scan
from rnnjax.unroll.base import Chunked
from rnnjax.unroll.linear.maps import Maps, last_of
from rnnjax.unroll.linear.over_time import run


class Associative(Chunked):
    """Runs an `AssociativeCell` with `jax.lax.associative_scan`, log2(T) steps deep; see `Engine`.

    The elements of steps are composed as a tree, `compose(earlier, later)`, and what all up to each
    amount to is applied to the first state. Of a `LinearCell` steps `h -> a h + b` compose as
    `(a1, b1), (a2, b2) -> (a2 a1, a2 b1 + b2)`.

    With a `chunk`, each chunk of so many steps is a loop, all chunks run at once, and only their
    totals are composed as a tree: fewer operations, `chunk + log2(T / chunk)` steps deep.

    Example:
        >>> Associative(chunk=64)
        Associative(chunk=64)

    References:
        Blelloch (1990), Prefix sums and their applications, CMU-CS-90-190.
        Martin & Cundy (2018), Parallelizing linear recurrent neural nets over sequence length,
        ICLR, arXiv:1709.04057.
    """

    contracts = (AssociativeCell,)
    knows = 1

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
        if leading_axes(xs)[0] == 0:  # `associative_scan` refuses to compose nothing
            return scan.run(cell, params, state, xs, mask, reset)
        return run(self._find, cell, params, state, xs, mask, reset)

    def _find(self, maps: Maps, each: Any, state: State) -> tuple[State, State]:
        if self.chunk is None:
            states = maps.states(each, state)
        else:
            states = maps.states_in_chunks(each, state, self.chunk)
        return last_of(states), states


associative = Associative()
