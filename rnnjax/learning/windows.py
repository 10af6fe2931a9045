"""A run whose gradient goes forward in time, window by window."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.dynamics import to_state, to_vector
from rnnjax.learning.step import Step
from rnnjax.numbers import no_tangent, numbers_of, with_numbers
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.any.scan import scan
from rnnjax.unroll.masks import masked_step
from rnnjax.unroll.single import widened

if TYPE_CHECKING:
    from rnnjax.learning.base import Rule


class Given(NamedTuple):
    """What a rule is given beside a cell."""

    params: Params
    state: State  # [..., *]
    xs: Any  # [T, ..., D]
    mask: Array | None  # [T, ...]
    reset: Array | None  # [T, ...]
    memory: Any  # [..., *], None where none was carried here
    noise: Any  # [T, ..., *], None where there is none


class Window(NamedTuple):
    """The inputs of a window, the cotangents of its outputs, and which it is."""

    inputs: tuple  # x, mask, reset, [K, ...] each
    noise: Any  # [K, ..., *]
    d_ys: list[Array]  # [K, ..., *]
    is_first: Array
    is_last: Array
    starts_on: Any  # boolean [...], whether its first state is one that goes on
    ends_on: Any  # boolean [...], the same of its last; None where a rule does not look ahead


class Within(NamedTuple):
    """The state after a window, and gradients of what it was given."""

    after: State
    d_theta: list[Array]
    d_start: list[Array]
    d_xs: list[Array]


class _Sums(NamedTuple):
    """Gradients, as far as the windows have come."""

    theta: list[Array]
    h: Array  # of the state before all of time, [..., N]


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def run(rule: "Rule", cell: Cell, given: Given) -> tuple[State, Any, Any]:
    """Returns the last state, the memory after it if it is carried, and the outputs `[T, ...]`."""
    after, ys = scan.run(cell, given.params, given.state, given.xs, given.mask, given.reset)
    if not rule.carry:
        return after, None, ys
    if rule.needs_noise and given.noise is None:  # nothing is learned here
        return after, given.memory, ys
    inputs = given.xs, given.mask, given.reset
    return after, _advance(rule, rule.local(cell), given, given.memory, inputs, given.noise)[1], ys


def _forward(rule: "Rule", cell: Cell, given: Given) -> tuple[Any, Given]:
    return run(rule, cell, given), given


def _backward(rule: "Rule", cell: Cell, given: Given, cotangents: tuple) -> tuple[Given]:
    d_after, _, d_ys = cotangents
    if not leading_axes(given.xs)[0]:
        return (
            _cotangents(
                given,
                [jnp.zeros_like(x) for x in numbers_of(given.params)],
                numbers_of(d_after),
                numbers_of(given.xs),
            ),
        )
    if rule.needs_noise and given.noise is None:
        raise ValueError(
            f"{rule} draws: it takes xs with the noise of a Learner, see compose.noisy"
        )
    # The cotangents of all outputs are there, and still time runs forward, as it would online: what
    # a window's first state owes to the past is what the memory makes of that state's cotangent.
    cell = rule.local(cell)
    axes = len(leading_axes(given.xs)) - 1
    memory = given.memory
    if memory is None:
        memory = begin_all(rule, _any_step(cell, given), leading_axes(given.xs)[1:])
    zeros = [jnp.zeros_like(widened(x)) for x in numbers_of(given.params)]
    h = to_vector(numbers_of(given.state), leading_axes(given.xs)[1:])
    carry = given.state, memory, _Sums(zeros, jnp.zeros_like(h))
    windows, steps = _windows(rule, given, numbers_of(d_ys))

    def window(carry: tuple, one: Window) -> tuple[tuple, list[Array]]:
        state, memory, sums = carry
        ends = [jnp.where(one.is_last, d, 0) for d in numbers_of(d_after)]
        after, d_theta, d_start, d_xs = rule.within(cell, given.params, state, one, ends)
        c = to_vector([d.conj() for d in d_start], leading_axes(given.xs)[1:])
        past, d_h = _contract(rule, cell, given, memory, c)
        d_h = jnp.where(one.is_first, c, 0) if d_h is None else d_h
        theta = [s + a + b for s, a, b in zip(sums.theta, d_theta, past, strict=True)]
        sums = _Sums(theta, sums.h + d_h)
        here = given._replace(state=state)
        _, memory = _advance(rule, cell, here, memory, one.inputs, one.noise)
        return (after, memory, sums), d_xs

    (_, _, sums), d_xs = jax.lax.scan(window, carry, windows)
    d_xs = [x.reshape(-1, *x.shape[2:])[:steps] for x in d_xs]
    d_h = [d.conj() for d in numbers_of(to_state(sums.h, _one(numbers_of(given.state), axes)))]
    return (_cotangents(given, sums.theta, d_h, d_xs),)


run.defvjp(_forward, _backward)


def _windows(rule: "Rule", given: Given, d_ys: list[Array]) -> tuple[Window, int]:
    """Divides time; a last window that is too short is filled up with masked steps."""
    leading = leading_axes(given.xs)
    steps, mask = leading[0], given.mask
    width = max(1, min(rule.window, steps))
    count = -(-steps // width)
    missing = count * width - steps
    if missing and mask is None:
        mask = jnp.ones(leading, bool)

    def divided(x: Array) -> Array:
        x = jnp.pad(x, [(0, missing)] + [(0, 0)] * (x.ndim - 1)) if missing else x
        return x.reshape(count, width, *x.shape[1:])

    inputs, noise, d_ys = jax.tree.map(divided, ((given.xs, mask, given.reset), given.noise, d_ys))
    number = jnp.arange(count)
    on = None, None
    if rule.looks_ahead:
        goes_on = _goes_on(given, rule.carry)
        on = goes_on[:-1:width], goes_on[jnp.minimum((number + 1) * width, steps)]
    return Window(inputs, noise, d_ys, number == 0, number == count - 1, *on), steps


def _goes_on(given: Given, carry: bool) -> Array:
    """Says of the T + 1 states of each sequence whether the step after it goes on from it.

    The last, and the first from a run before, do if the rule carries on from run to run.
    """
    leading = leading_axes(given.xs)
    mask, reset = (
        jnp.full(leading, default) if flag is None else flag
        for flag, default in ((given.mask, True), (given.reset, False))
    )

    def step(later: Array, flags: tuple) -> tuple[Array, Array]:
        is_there, begins = flags
        now = jnp.where(is_there, ~begins, later)
        return now, now

    end = jnp.full(leading[1:], carry)
    _, each = jax.lax.scan(step, end, (mask, reset), reverse=True)
    return jnp.concatenate([end[None], each[1:], end[None]])


def window_of(
    cell: Cell, params: Params, state: State, inputs: tuple
) -> Callable[..., tuple[tuple[list[Array], list[Array]], State]]:
    """Returns a window as a function of the numbers of parameters, first state and inputs.

    It returns the numbers of the state after it and of its outputs, and that state.
    """
    xs, mask, reset = inputs

    def run(theta: list[Array], h: list[Array], x: list[Array]) -> tuple[tuple, State]:
        given = with_numbers(params, theta), with_numbers(state, h), with_numbers(xs, x)
        after, ys = scan.run(cell, *given, mask, reset)
        return (numbers_of(after), numbers_of(ys)), after

    return run


def _advance(
    rule: "Rule", cell: Cell, given: Given, memory: Any, inputs: tuple, noise: Any
) -> tuple[State, Any]:
    """Returns the state and the memory after some steps, `[K, ...]`, from `given.state`."""
    if not jax.tree.leaves(memory):
        return given.state, memory

    def forget(memory: Any, inputs: tuple) -> Any:
        _, mask, reset = inputs
        begins = reset if mask is None or reset is None else reset & mask
        if begins is None:
            return memory
        return jax.tree.map(lambda x: jnp.where(begins, jnp.zeros_like(x), x), memory)

    def advance(state: State, before: Any, started: Any, inputs: tuple, noise: Any) -> Any:
        _, mask, _ = inputs
        after = rule.advance(Step(cell, given.params, state, inputs), started, noise)
        if mask is None:
            return after
        return jax.tree.map(lambda new, old: jnp.where(mask, new, old), after, before)

    forget_all, advance_all = (_over_sequences(function, given) for function in (forget, advance))

    def step(carry: tuple, each: tuple) -> tuple[tuple, None]:
        state, memory = carry
        inputs, noise = each
        memory = forget_all(memory, inputs)
        started = rule.start(_any_step(cell, given), memory, noise)
        memory = advance_all(state, memory, started, inputs, noise)
        return (masked_step(cell, given.params, state, *inputs)[0], memory), None

    return jax.lax.scan(step, (given.state, memory), (inputs, noise))[0]


def begin_all(rule: "Rule", step: Step, batch_shape: tuple[int, ...]) -> Any:
    """Returns the memory of sequences before a step, of which only shapes are used.

    Raises:
        TypeError: if nothing goes from step to step that has a derivative.
    """
    if not numbers_of(step.state):
        raise TypeError(f"{rule} is of states with real or complex numbers; {step.cell} has none")
    return jax.tree.map(lambda x: jnp.broadcast_to(x, (*batch_shape, *x.shape)), rule.begin(step))


def _contract(rule: "Rule", cell: Cell, given: Given, memory: Any, c: Array) -> tuple:
    """Returns gradients of theta, and of the state before all of time, None where it has none."""
    batch_shape = c.shape[:-1]

    def flat(x: Array) -> Array:
        return x.reshape(-1, *x.shape[len(batch_shape) :])

    theta, d_h = rule.contract(_any_step(cell, given), jax.tree.map(flat, memory), flat(c))
    return theta, None if d_h is None else d_h.reshape(c.shape)


def _any_step(cell: Cell, given: Given) -> Step:
    """Returns a step of one sequence, shapes alone."""
    axes = len(leading_axes(given.xs)) - 1
    return Step(cell, given.params, _one(given.state, axes), (_one(given.xs, axes + 1), None, None))


def _one(tree: Any, axes: int) -> Any:
    return jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[axes:], x.dtype), tree)


def _over_sequences(function: Callable[..., Any], given: Given) -> Callable[..., Any]:
    for _ in leading_axes(given.xs)[1:]:
        function = jax.vmap(function)
    return function


def _cotangents(given: Given, theta: list[Array], h: list[Array], xs: list[Array]) -> Given:
    """Returns the cotangents of what was given, from those of parameters, state and inputs."""

    def filled(tree: Any, numbers: list[Array]) -> Any:
        like = numbers_of(tree)
        numbers = [d.astype(x.dtype) for d, x in zip(numbers, like, strict=True)]
        return with_numbers(tree, numbers, no_tangent)

    rest = (filled(x, [jnp.zeros_like(n) for n in numbers_of(x)]) for x in given[3:])
    return Given(filled(given.params, theta), filled(given.state, h), filled(given.xs, xs), *rest)
