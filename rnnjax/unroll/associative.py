"""Time in parallel, for recurrences that are linear in their state."""

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell, LinearCell, LinearState
from rnnjax.typing import Array, Params
from rnnjax.unroll.base import check, select


def associative(
    cell: Cell,
    params: Params,
    state: LinearState,
    xs: Array,
    *,
    mask: Array | None = None,
    reset: Array | None = None,
) -> tuple[LinearState, Array]:
    """Runs a `LinearCell` with `jax.lax.associative_scan`, log2(T) steps deep; see `unroll.Engine`.

    Steps `h -> a h + b` compose as `(a1, b1), (a2, b2) -> (a2 a1, a2 b1 + b2)`. A masked step is
    `(1, 0)`; a reset one forgets, `(0, a h_0 + b)`.

    References:
        Blelloch (1990), Prefix sums and their applications, CMU-CS-90-190.
        Martin & Cundy (2018), Parallelizing linear recurrent neural nets over sequence length,
        ICLR, arXiv:1709.04057.
    """
    if not isinstance(cell, LinearCell):
        raise TypeError(
            f"unroll.associative runs a LinearCell, h_t = a_t * h_(t-1) + b_t; got {cell}"
        )
    check(xs, mask, reset)
    if xs.shape[0] == 0:  # `associative_scan` refuses to compose nothing
        return state, cell.readout(params, jnp.zeros((0, *state.h.shape), state.h.dtype), xs)
    if mask is not None:
        xs = select(~mask, jnp.zeros((), xs.dtype), xs)
    decay, drive = cell.coefficients(params, xs)
    if reset is not None:
        initial = cell.initial_state(params).h
        drive = select(reset, decay * jnp.broadcast_to(initial, decay.shape) + drive, drive)
        decay = select(reset, jnp.zeros((), decay.dtype), decay)
    if mask is not None:
        decay = select(~mask, jnp.ones((), decay.dtype), decay)
        drive = select(~mask, jnp.zeros((), drive.dtype), drive)
    drive = drive.at[0].add(decay[0] * state.h)

    def compose(first: tuple[Array, Array], second: tuple[Array, Array]) -> tuple[Array, Array]:
        return second[0] * first[0], second[0] * first[1] + second[1]

    _, hs = jax.lax.associative_scan(compose, (decay, drive))
    ys = cell.readout(params, hs, xs)
    if mask is not None:
        ys = select(~mask, jnp.zeros((), ys.dtype), ys)
    return LinearState(hs[-1]), ys
