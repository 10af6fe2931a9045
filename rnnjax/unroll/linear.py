"""The steps of a linear recurrence as maps that compose: what runs time in parallel."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import LinearCell
from rnnjax.typing import Array, Params
from rnnjax.unroll.base import grow, select


class Step(NamedTuple):
    """One step, or several in a row: `h -> decay * h + drive`; where it begins, `h -> drive`."""

    decay: Array  # [..., H]
    drive: Array  # [..., H]
    begins: Array | None  # boolean [..., H], True where a reset forgets what was before


def steps(
    cell: LinearCell, params: Params, xs: Array, mask: Array | None, reset: Array | None
) -> Step:
    """Returns the steps that inputs `[T, ..., D]` make, `[T, ..., H]` each.

    A masked step is `h -> h`; a reset one `h -> a h_0 + b`, with the cell's initial state `h_0`.
    """
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
    return Step(decay, drive, begins)


def apply(step: Step, h: Array) -> Array:
    """Returns the state after a step."""
    after = step.decay * h + step.drive
    # Chosen and not multiplied by zero: a NaN in one sequence must not reach the next.
    return after if step.begins is None else jnp.where(step.begins, step.drive, after)


def compose(first: Step, second: Step) -> Step:
    """Returns the two steps as one."""
    decay, drive = second.decay * first.decay, apply(second, first.drive)
    if first.begins is None or second.begins is None:
        return Step(decay, drive, None)
    return Step(jnp.where(second.begins, 0, decay), drive, first.begins | second.begins)


def compose_all(each: Step) -> Step:
    """Returns all steps up to each as one, log2(T) compositions deep."""
    return jax.lax.associative_scan(compose, each)


def states(each: Step, h: Array) -> Array:
    """Returns the states after each of one step or more, from the state `h` before the first."""
    first = apply(jax.tree.map(lambda x: x[0], each), h)
    return compose_all(each._replace(drive=each.drive.at[0].set(first))).drive


def hide(xs: Array, mask: Array | None) -> Array:
    """Returns zeros where the mask is False, so that nothing of what was there gets on."""
    return xs if mask is None else select(~mask, jnp.zeros((), xs.dtype), xs)
