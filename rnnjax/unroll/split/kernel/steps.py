"""What the kernels of a `SplitCell` compute, step by step: the reference they stand beside."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import SplitCell
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.masks import select


class Flags(NamedTuple):
    """Mask and reset, booleans `[T, B]` each, or None."""

    mask: Array | None
    reset: Array | None


class Forward(NamedTuple):
    """What a forward loop is given beside the parameters."""

    state: State  # leaves [B, ...]
    initial: State | None  # leaves [B, ...]; None where there are no resets
    us: Array  # [T, B, G]
    flags: Flags


class Backward(NamedTuple):
    """What a backward loop is given beside the parameters."""

    d_last: State  # leaves [B, ...]
    starts: State  # leaves [T, B, ...], what each step started from
    us: Array  # [T, B, G]
    vs: Array  # [T, B, G]
    d_ys: Any  # [T, B, K]
    flags: Flags


def step(cell: SplitCell, params: Params, start: State, u: Array) -> tuple[State, Any]:
    """Returns the state after a step, and its output."""
    return cell.combine(params, start, u, cell.recur(params, start))


def pull(
    cell: SplitCell, params: Params, start: State, u: Array, v: Array, d_y: Any, d_after: State
) -> State:
    """Returns the cotangent of what a step started from."""
    _, pull_combine = jax.vjp(lambda start, v: cell.combine(params, start, u, v), start, v)
    d_start, d_v = pull_combine((d_after, d_y))
    _, pull_recur = jax.vjp(functools.partial(cell.recur, params), start)
    return jax.tree.map(jnp.add, d_start, *pull_recur(d_v))


def forward(cell: SplitCell, params: Params, given: Forward) -> tuple[State, Any]:
    """Returns the states after each step, leaves `[T, B, ...]`, and the outputs `[T, B, K]`."""
    run = functools.partial(step, cell, params)

    def body(state: State, inputs: tuple) -> tuple:
        after, y = forward_step(run, given.initial, state, *inputs)
        return after, (after, y)

    return jax.lax.scan(body, given.state, (given.us, given.flags))[1]


def backward(cell: SplitCell, params: Params, given: Backward) -> tuple[State, State]:
    """Returns the cotangents of the states after each step, and of the state before the first."""

    def run(given: tuple, d_after: State) -> State:
        start, u, v, d_y = given
        return pull(cell, params, start, u, v, d_y, d_after)

    def body(d_after: State, inputs: tuple) -> tuple:
        return backward_step(run, d_after, *inputs), d_after

    inputs = (given.starts, given.us, given.vs, given.d_ys), given.flags
    d_state, d_afters = jax.lax.scan(body, given.d_last, inputs, reverse=True)
    return d_afters, d_state


def forward_step(
    run: Callable, initial: State | None, state: State, u: Any, flags: Flags
) -> tuple[State, Any]:
    """Runs `step` under one step's flags, `[B]` or `[B, 1]` each; values may be any pytrees."""
    after, y = run(_choose(flags.reset, initial, state), u)
    return _choose(flags.mask, (after, y), (state, _zeros(y)), otherwise=(after, y))


def backward_step(run: Callable, d_after: State, given: Any, flags: Flags) -> State:
    """Runs `run(given, d_after)` under one step's flags, `[B]` or `[B, 1]` each."""
    d_start = run(given, d_after)
    d_before = _choose(flags.reset, _zeros(d_start), d_start)
    return _choose(flags.mask, d_before, d_after, otherwise=d_before)


def _zeros(tree: Any) -> Any:
    return jax.tree.map(jnp.zeros_like, tree)


def _choose(flag: Array | None, on_true: Any, on_false: Any, otherwise: Any = None) -> Any:
    """Chooses leaf by leaf; without a flag it is `otherwise`, by default `on_false`."""
    if flag is None:
        return on_false if otherwise is None else otherwise

    def leaf(on_true: Array, on_false: Array) -> Array:
        return select(flag, on_true, on_false)

    return jax.tree.map(leaf, on_true, on_false)
