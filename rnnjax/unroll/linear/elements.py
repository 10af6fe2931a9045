"""The steps of any `AssociativeCell` as maps that compose.

The contract has no element that does nothing and none that forgets, so flags beside the elements
say where a step begins anew and where there is one.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.axes import grown
from rnnjax.cells.base import AssociativeCell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.linear_map import linear_map
from rnnjax.numbers import no_tangent, numbers_of, with_numbers
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.checks import check_each
from rnnjax.unroll.linear.maps import Maps, before_each
from rnnjax.unroll.masks import initial_like, select


class ElementStep(NamedTuple):
    """One step, or several in a row."""

    element: Any
    begins: Array | None  # boolean [...], True where it starts from the initial state
    there: Array | None  # boolean [...], False where it does nothing


class ElementMaps(Maps):
    """The steps of any `AssociativeCell`; see `Maps`."""

    def __init__(self, cell: AssociativeCell, initial: State) -> None:
        self.cell = cell
        self.initial = initial  # shaped like the state; None where there are no resets

    def compose(self, first: ElementStep, second: ElementStep) -> ElementStep:
        """Returns two steps as one."""
        earlier, later = first.element, second.element
        if second.begins is not None:
            # Chosen before as well: what is forgotten, NaN included, is to reach no gradient.
            earlier = _choose(second.begins, later, earlier)
        element = self.cell.compose(earlier, later)
        alone = _any(second.begins, None if first.there is None else ~first.there)
        if alone is not None:
            element = _choose(alone, later, element)
        if second.there is not None:
            element = _choose(second.there, element, first.element)
        return ElementStep(
            element, _any(first.begins, second.begins), _any(first.there, second.there)
        )

    def apply(self, step: ElementStep, state: State) -> State:
        """Returns the state after a step."""
        return _apply(self.cell, self.initial, step, state)

    def pad(self, each: ElementStep, missing: int) -> ElementStep:
        """Adds so many steps that are not there."""
        if missing == 0:
            return each
        there = each.there
        if there is None:
            one = jax.tree.leaves(each.element)[0]
            there = jnp.ones(one.shape[:1] if each.begins is None else each.begins.shape, bool)

        def longer(x: Array) -> Array:  # by the last: of numbers made up, a product may be NaN
            return jnp.concatenate([x, jnp.broadcast_to(x[-1:], (missing, *x.shape[1:]))])

        absent = jnp.zeros((missing, *there.shape[1:]), bool)
        each = jax.tree.map(longer, each._replace(there=None))
        return each._replace(there=jnp.concatenate([there, absent]))

    def compose_in_a_loop(self, each: ElementStep) -> ElementStep:
        """Returns all steps up to each as one, one composition after another."""

        def step(before: ElementStep, now: ElementStep) -> tuple[ElementStep, ElementStep]:
            after = self.compose(before, now)
            return after, after

        first = jax.tree.map(lambda x: x[0], each)
        rest = jax.tree.map(lambda x: x[1:], each)
        others = jax.lax.scan(step, first, rest)[1]
        return jax.tree.map(lambda x, xs: jnp.concatenate([x[None], xs]), first, others)

    def states_in_a_loop(self, each: ElementStep, state: State) -> tuple[State, State]:
        """Returns the state after the last of any number of steps and those after each."""
        return _loop(self.cell, self.initial, each, state)


def lift(
    cell: AssociativeCell,
    params: Params,
    state: State,
    xs: Any,
    mask: Array | None,
    reset: Array | None,
) -> tuple[ElementMaps, ElementStep]:
    """Returns the steps that inputs `[T, ..., D]` make, and how they compose."""
    shape = leading_axes(xs)

    def full(flag: Array) -> Array:
        return jnp.broadcast_to(grown(flag, len(shape)), shape)

    there = None if mask is None else full(mask)
    begins = None if reset is None else full(reset)
    if there is not None and begins is not None:
        begins = begins & there
    initial = None if reset is None else initial_like(cell, params, state)
    element = cell.element(params, xs)
    check_each(cell, "element", element, shape)
    return ElementMaps(cell, initial), ElementStep(element, begins, there)


def _apply(cell: AssociativeCell, initial: State, step: ElementStep, state: State) -> State:
    """Returns the states `[..., *]` after steps `[..., *]`; `initial` may have fewer axes."""
    start = state if step.begins is None else _choose(step.begins, initial, state)
    after = cell.apply(step.element, start)
    return after if step.there is None else _choose(step.there, after, state)


def _choose(flag: Array, on_true: Any, on_false: Any) -> Any:
    return jax.tree.map(functools.partial(select, flag), on_true, on_false)


def _any(one: Array | None, other: Array | None) -> Array | None:
    if one is None or other is None:
        return other if one is None else one
    return one | other


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def _loop(cell: AssociativeCell, initial: State, each: ElementStep, state: State) -> tuple:
    """Returns the state after the last step and those after each.

    The gradient keeps elements and states. Only the cotangent of the state goes from step to step;
    those of the elements are found for all steps at once after the loop.
    """

    def step(state: State, one: ElementStep) -> tuple[State, State]:
        state = _apply(cell, initial, one, state)
        return state, state

    return jax.lax.scan(step, state, each)


def _derivative(cell: AssociativeCell, primals: tuple, tangents: tuple) -> tuple:
    initial, each, state = primals
    found: Any = _loop(cell, initial, each, state)
    moved = linear_map(
        functools.partial(_push, cell),
        functools.partial(_pull, cell),
        (initial, each, before_each(state, found[1])),
        tuple(map(numbers_of, tangents)),
    )
    return found, with_numbers(found, jax.tree.leaves(moved), otherwise=no_tangent)


_loop.defjvp(_derivative)


def _after(cell: AssociativeCell, kept: tuple) -> Callable[..., list[Array]]:
    """Returns the numbers of states after steps as a function of those that made them."""
    initial, each, before = kept

    def after(of_initial: list[Array], of_each: list[Array], of_state: list[Array]) -> list[Array]:
        start, steps = with_numbers(initial, of_initial), with_numbers(each, of_each)
        return numbers_of(_apply(cell, start, steps, with_numbers(before, of_state)))

    return after


def _push(cell: AssociativeCell, kept: tuple, tangents: tuple) -> tuple[list, list]:
    """Returns the tangents of the state after the last step and of those after each."""
    initial, each, before = kept
    d_initial, d_each, d_state = tangents

    def step(d_state: list[Array], inputs: tuple) -> tuple[list[Array], list[Array]]:
        one, state, d_one = inputs
        numbers = numbers_of(initial), numbers_of(one), numbers_of(state)
        after = _after(cell, (initial, one, state))
        _, d_after = jax.jvp(after, numbers, (d_initial, d_one, d_state))
        return d_after, d_after

    return jax.lax.scan(step, d_state, (each, before, d_each))


def _pull(cell: AssociativeCell, kept: tuple, cotangents: tuple[list, list]) -> tuple:
    """Returns the cotangents of the initial state, of the steps, and of the first state."""
    initial, each, before = kept
    d_last, d_states = cotangents

    def step(d_after: list[Array], inputs: tuple) -> tuple[list[Array], list[Array]]:
        one, state, d_state = inputs
        d_after = [x + y for x, y in zip(d_after, d_state, strict=True)]
        given = numbers_of(initial), numbers_of(one)
        after = functools.partial(_after(cell, (initial, one, state)), *given)
        (d_before,) = jax.vjp(after, numbers_of(state))[1](d_after)
        return d_before, d_after

    d_first, d_afters = jax.lax.scan(step, d_last, (each, before, d_states), reverse=True)
    numbers = numbers_of(initial), numbers_of(each), numbers_of(before)
    d_initial, d_each, _ = jax.vjp(_after(cell, kept), *numbers)[1](d_afters)
    return d_initial, d_each, d_first
