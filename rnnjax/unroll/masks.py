"""The meaning of `mask` and `reset`, in one step."""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from rnnjax.axes import grown
from rnnjax.cells.base import Cell
from rnnjax.typing import Array, Params, State


def grow(flag: Array, like: Array) -> Array:
    """Repeats a flag that has the leading axes of `like` along the others."""
    return jnp.broadcast_to(grown(flag, like.ndim), like.shape)


def select(flag: Array, on_true: Array, on_false: Array) -> Array:
    """Chooses by a flag with the leading axes of `on_false`; a smaller `on_true` is repeated."""
    on_true = jnp.broadcast_to(on_true, on_false.shape)
    return jnp.where(grow(flag, on_false), on_true, on_false)


def hide(xs: Any, mask: Array | None) -> Any:
    """Returns zeros where the mask is False, so that nothing of what was there gets on."""
    if mask is None:
        return xs
    return jax.tree.map(lambda x: select(~mask, jnp.zeros((), x.dtype), x), xs)


def initial_like(cell: Cell, params: Params, state: State) -> State:
    """Returns the cell's initial state, repeated along the batch axes of `state`."""
    own = cell.initial_state(params)
    return jax.tree.map(lambda new, old: jnp.broadcast_to(new, old.shape), own, state)


def begin(reset_t: Array | None, initial: State, state: State) -> State:
    """Returns the state that a step starts from: `initial` where `reset_t` is True."""
    if reset_t is None:
        return state
    return jax.tree.map(functools.partial(select, reset_t), initial, state)


def finish(mask_t: Array | None, after: State, y_t: Any, before: State) -> tuple[State, Any]:
    """Returns what a step leaves: where `mask_t` is False the state `before`, and no output."""
    if mask_t is None:
        return after, y_t
    after = jax.tree.map(functools.partial(select, mask_t), after, before)
    return after, hide(y_t, mask_t)


def masked_step(
    cell: Cell,
    params: Params,
    state: State,
    x_t: Any,
    mask_t: Array | None,
    reset_t: Array | None,
) -> tuple[State, Any]:
    """Runs `cell.step` once under one step's mask and reset, `[...]` each or None."""
    initial = None if reset_t is None else cell.initial_state(params)
    # Both sides of the step are selected: a NaN that only the result's `where` threw away would
    # still come back through the gradient as 0 * NaN.
    after, y_t = cell.step(params, begin(reset_t, initial, state), hide(x_t, mask_t))
    return finish(mask_t, after, y_t, state)
