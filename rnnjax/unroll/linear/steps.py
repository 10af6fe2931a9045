"""The steps of a `LinearCell` as maps that compose: the elementwise case, in plain arrays."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.axes import zeros_like
from rnnjax.cells.base import LinearCell, LinearState
from rnnjax.cells.broadcast import leading_axes
from rnnjax.typing import Array, Params
from rnnjax.unroll.checks import check_each
from rnnjax.unroll.linear.maps import Maps
from rnnjax.unroll.masks import grow, hide


class Step(NamedTuple):
    """One step, or several in a row: `h -> decay * h + drive`; where it begins, `h -> drive`."""

    decay: Array  # [..., H]
    drive: Array  # [..., H]
    begins: Array | None  # boolean [..., H], True where a reset forgets what was before


def run(
    find: Callable[["Step", Array], tuple[Array, Array]],
    cell: LinearCell,
    params: Params,
    state: LinearState,
    xs: Any,
    mask: Array | None,
    reset: Array | None,
) -> tuple[LinearState, Any]:
    """Runs `cell` over inputs `[T, ..., D]`, given a way to find its states.

    Args:
        find: maps the steps and the state `[..., H]` before the first to the state after the last
            and those after each, `[T, ..., H]`.
        cell: the recurrence.
        params: its parameters.
        state: the state before the first step.
        xs: the inputs.
        mask: see `Engine`.
        reset: see `Engine`.
    """
    xs = hide(xs, mask)
    last, hs = find(steps(cell, params, xs, mask, reset), state.h)
    return LinearState(last), hide(cell.read(params, LinearState(hs), xs), mask)


def steps(
    cell: LinearCell, params: Params, xs: Any, mask: Array | None, reset: Array | None
) -> Step:
    """Returns the steps that inputs `[T, ..., D]` make, `[T, ..., H]` each.

    A masked step is `h -> h`; a reset one `h -> a h_0 + b`, with the cell's initial state `h_0`.
    """
    decay, drive = cell.coefficients(params, xs)
    check_each(cell, "coefficients", (decay, drive), leading_axes(xs))
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
    return step.decay * _kept(step.begins, h) + step.drive


def _kept(begins: Array | None, before: Array) -> Array:
    """Returns zeros in place of what a step forgets, before anything is multiplied by it.

    A NaN in one sequence then reaches neither the next one nor, as 0 * NaN, its gradients.
    """
    return before if begins is None else jnp.where(begins, 0, before)


def compose(first: Step, second: Step) -> Step:
    """Returns the two steps as one."""
    decay, drive = second.decay * _kept(second.begins, first.decay), apply(second, first.drive)
    if first.begins is None or second.begins is None:
        return Step(decay, drive, None)
    return Step(decay, drive, first.begins | second.begins)


def compose_all(each: Step) -> Step:
    """Returns all steps up to each as one, log2(T) compositions deep."""
    return jax.lax.associative_scan(compose, each)


def compose_in_a_loop(each: Step) -> Step:
    """Returns all steps up to each as one, one composition after another."""

    def step(before: Step, now: Step) -> tuple[Step, Step]:
        after = compose(before, now)
        return after, after

    nothing = Step(
        zeros_like(each.decay[0]) + 1,
        zeros_like(each.drive[0]),
        None if each.begins is None else zeros_like(each.begins[0]),
    )
    return jax.lax.scan(step, nothing, each)[1]


def states(each: Step, h: Array) -> Array:
    """Returns the states after each of one step or more, from the state `h` before the first."""
    # With the first state in it, the drive of all steps up to each is the state after it.
    first = apply(jax.tree.map(lambda x: x[0], each), h)
    return compose_all(each._replace(drive=each.drive.at[0].set(first))).drive


@jax.custom_jvp
def states_in_a_loop(each: Step, h: Array) -> tuple[Array, Array]:
    """Returns the state after the last step and those after each, `[T, ..., H]`.

    The derivative is that of mathematics and not of the loop: tangents follow the same recurrence,
    and cotangents it backward in time; all else is a product before it or after.
    """

    def step(h: Array, one: Step) -> tuple[Array, Array]:
        h = apply(one, h)
        return h, h

    return jax.lax.scan(step, h, each)


def _derivative(primals: tuple, tangents: tuple) -> tuple:
    (each, h), (d_each, d_h) = primals, tangents
    last, hs = states_in_a_loop(each, h)
    before = jnp.concatenate([h[None], hs])[:-1]
    return (last, hs), states_in_a_loop(driven(each, d_each, before), d_h)


def driven(each: Step, d_each: Step, before: Array) -> Step:
    """Returns the steps that the tangents of the states before and after make."""
    d_drive = d_each.decay * _kept(each.begins, before) + d_each.drive
    return each._replace(drive=d_drive)


states_in_a_loop.defjvp(_derivative)


class LinearMaps(Maps):
    """The steps of a `LinearCell`, whose states are arrays here; see `Maps`."""

    def compose(self, first: Step, second: Step) -> Step:
        """Returns two steps as one."""
        return compose(first, second)

    def apply(self, step: Step, state: Array) -> Array:
        """Returns the state after a step."""
        return apply(step, state)

    def pad(self, each: Step, missing: int) -> Step:
        """Adds so many steps `h -> h`."""

        def longer(x: Array, fill: int) -> Array:
            return jnp.pad(x, [(0, missing)] + [(0, 0)] * (x.ndim - 1), constant_values=fill)

        begins = None if each.begins is None else longer(each.begins, 0)
        return Step(longer(each.decay, 1), longer(each.drive, 0), begins)

    def compose_in_a_loop(self, each: Step) -> Step:
        """Returns all steps up to each as one, one composition after another."""
        return compose_in_a_loop(each)

    def states(self, each: Step, state: Array) -> Array:
        """Returns the states after each step, from the state before the first."""
        return states(each, state)

    def states_in_a_loop(self, each: Step, state: Array) -> tuple[Array, Array]:
        """Returns the state after the last of any number of steps and those after each."""
        return states_in_a_loop(each, state)
