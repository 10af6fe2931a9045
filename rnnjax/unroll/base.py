"""What every engine shares: its signature, and the meaning of `mask` and `reset`."""

import functools
from typing import Protocol

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.typing import Array, Params, State


class Engine(Protocol):
    """A way of running a cell over time.

    Engines differ in speed and memory alone: values and gradients are those of `unroll.scan`.
    """

    def __call__(
        self,
        cell: Cell,
        params: Params,
        state: State,
        xs: Array,
        *,
        mask: Array | None = None,
        reset: Array | None = None,
    ) -> tuple[State, Array]:
        """Runs `cell` over `xs`.

        Args:
            cell: the recurrence.
            params: what `cell.init` returned.
            state: the state before the first step, such as `cell.initial_state(params, (B,))`.
            xs: inputs, `[T, ..., D]`.
            mask: boolean `[T, ...]`, or with batch axes missing at the end. Where it is False the
                step does not happen: the state is carried through, the output is zero, and what
                `xs` holds there, NaN included, reaches no value and no gradient.
            reset: boolean, shaped like a mask. Where it is True the step starts from the cell's
                initial state. Where the mask is False there is no step, so nothing to reset.

        Returns:
            The state after the last step and the outputs, `[T, ..., K]`.

        Raises:
            TypeError: if the engine cannot run this kind of cell, nor the cells that it is made
                of, a mask is not boolean, or something is no array.
            ValueError: if the cell does not run with these params on such inputs, or shapes do not
                fit.
        """
        ...


def grow(flag: Array, like: Array) -> Array:
    """Repeats a flag that has the leading axes of `like` along the others."""
    flag = flag.reshape(flag.shape + (1,) * (like.ndim - flag.ndim))
    return jnp.broadcast_to(flag, like.shape)


def select(flag: Array, on_true: Array, on_false: Array) -> Array:
    """Chooses by a flag with the leading axes of `on_false`; a smaller `on_true` is repeated."""
    on_true = jnp.broadcast_to(on_true, on_false.shape)
    return jnp.where(grow(flag, on_false), on_true, on_false)


def hide(xs: Array, mask: Array | None) -> Array:
    """Returns zeros where the mask is False, so that nothing of what was there gets on."""
    return xs if mask is None else select(~mask, jnp.zeros((), xs.dtype), xs)


def initial_like(cell: Cell, params: Params, state: State) -> State:
    """Returns the cell's initial state, repeated along the batch axes of `state`."""
    own = cell.initial_state(params)
    return jax.tree.map(lambda new, old: jnp.broadcast_to(new, old.shape), own, state)


def begin(reset_t: Array | None, initial: State, state: State) -> State:
    """Returns the state that a step starts from: `initial` where `reset_t` is True."""
    if reset_t is None:
        return state
    return jax.tree.map(functools.partial(select, reset_t), initial, state)


def finish(mask_t: Array | None, after: State, y_t: Array, before: State) -> tuple[State, Array]:
    """Returns what a step leaves: where `mask_t` is False the state `before`, and no output."""
    if mask_t is None:
        return after, y_t
    after = jax.tree.map(functools.partial(select, mask_t), after, before)
    return after, select(mask_t, y_t, jnp.zeros_like(y_t))


def masked_step(
    cell: Cell,
    params: Params,
    state: State,
    x_t: Array,
    mask_t: Array | None,
    reset_t: Array | None,
) -> tuple[State, Array]:
    """Runs `cell.step` once under one step's mask and reset, `[...]` each or None."""
    initial = None if reset_t is None else cell.initial_state(params)
    # Both sides of the step are selected: a NaN that only the result's `where` threw away would
    # still come back through the gradient as 0 * NaN.
    after, y_t = cell.step(params, begin(reset_t, initial, state), hide(x_t, mask_t))
    return finish(mask_t, after, y_t, state)
