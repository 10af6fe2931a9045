"""The plain loop, the engine that the others are measured against."""

import jax

from rnnjax.cells.base import Cell
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.base import check, masked_step


def scan(
    cell: Cell,
    params: Params,
    state: State,
    xs: Array,
    *,
    mask: Array | None = None,
    reset: Array | None = None,
) -> tuple[State, Array]:
    """Runs any cell one step after another with `jax.lax.scan`; see `unroll.Engine`.

    The gradient keeps what each step needs for its backward pass, so memory grows with T.
    """
    check(xs, mask, reset)

    def step(state: State, inputs: tuple) -> tuple[State, Array]:
        return masked_step(cell, params, state, *inputs)

    return jax.lax.scan(step, state, (xs, mask, reset))
