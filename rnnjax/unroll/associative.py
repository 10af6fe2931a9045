"""Time in parallel, for recurrences that are linear in their state."""

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell, LinearCell, LinearState
from rnnjax.typing import Array, Params
from rnnjax.unroll.base import check, grow, select


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
    `(1, 0)`; a reset one is `a h_0 + b`, whatever was before.

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
    begins = None
    if reset is not None:
        begins = grow(reset, decay)
        initial = jnp.broadcast_to(cell.initial_state(params).h, decay.shape)
        drive = jnp.where(begins, decay * initial + drive, drive)
    if mask is not None:
        there = grow(mask, decay)
        decay, drive = jnp.where(there, decay, 1), jnp.where(there, drive, 0)
        begins = None if begins is None else begins & there
    first = decay[0] * state.h + drive[0]
    drive = drive.at[0].set(first if begins is None else jnp.where(begins[0], drive[0], first))
    hs = _compose_all(decay, drive, begins)
    ys = cell.readout(params, hs, xs)
    if mask is not None:
        ys = select(~mask, jnp.zeros((), ys.dtype), ys)
    return LinearState(hs[-1]), ys


def _compose_all(decay: Array, drive: Array, begins: Array | None) -> Array:
    """Returns the states of all steps; where `begins` is True what was before is forgotten."""

    def compose(first: tuple, second: tuple) -> tuple:
        decay, drive = second[0] * first[0], second[0] * first[1] + second[1]
        if begins is None:
            return decay, drive
        # Chosen and not multiplied by zero: a NaN in one sequence must not reach the next.
        decay, drive = jnp.where(second[2], 0, decay), jnp.where(second[2], second[1], drive)
        return decay, drive, first[2] | second[2]

    elements = (decay, drive) if begins is None else (decay, drive, begins)
    return jax.lax.associative_scan(compose, elements)[1]
