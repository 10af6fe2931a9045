"""A step along its inputs as a function of one vector, and cotangents taken back through it."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.tree_util import Partial

from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.dynamics import on_vectors, to_vector
from rnnjax.typing import Array, Params, State

Step = Callable[[State, Any], tuple[State, Any]]


def as_pytree(function: Callable[..., Any]) -> Partial:
    """Returns a function as a jitted one takes it: compiled once for each function.

    Example:
        >>> as_pytree(jnp.tanh)(0.0).item()
        0.0
    """
    # JAX would wrap one that is a `Partial` in a function made anew, and compile it anew.
    return function if isinstance(function, Partial) else Partial(function)


def cell_step(cell: Cell, params: Params) -> Partial:
    """Returns a cell's step as one of vectors, `(h [..., N], x_t [..., D]) -> (h, y_t)`.

    The vector holds the whole state, as `dynamics.to_vector` lays it out: of an LSTM `h` and `c`,
    of a stack the states of all its cells; of complex numbers both parts.

    Args:
        cell: the recurrence.
        params: its parameters; a jitted function that takes the step is not compiled anew for
            others.

    Raises:
        TypeError: when called, if the state has other numbers than real or complex ones.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> cell = LSTM(2)
        >>> step = cell_step(cell, cell.init(jax.random.key(0), 3))
        >>> [leaf.shape for leaf in step(jnp.zeros((5, 4)), jnp.zeros((5, 3)))]
        [(5, 4), (5, 2)]
    """
    return Partial(_cell_step, cell, cell.prepare(params))


def _cell_step(cell: Cell, params: Params, h: Array, x_t: Any) -> tuple[Array, Any]:
    like = jax.eval_shape(lambda own: cell.initial_state(own), params)
    return on_vectors(functools.partial(cell.step, params), like)(h, x_t)


class VectorStep(NamedTuple):
    """A step of vectors, where it starts, and what its states are made of.

    Attributes:
        step: maps `[..., N]` and inputs of one step to the next `[..., N]`.
        start: `[..., N]`.
        like: shapes and dtypes of one state, without batch axes.

    Example:
        >>> VectorStep(step=lambda h, x_t: h / 2, start=jnp.ones(2), like=None).start.tolist()
        [1.0, 1.0]
    """

    step: Callable[[Array, Any], Array]
    start: Array
    like: State


def vector_step(step: Step, state: State, xs: Any) -> VectorStep:
    """Returns a step as one of vectors.

    Args:
        step: maps a state and the inputs of a step to the next state and an output.
        state: to start from, leaves `[..., *own]`.
        xs: inputs, `[T, ..., D]`; they say which axes are batch axes.

    Raises:
        TypeError: if the state is not of real or complex numbers.
        ValueError: if it has other batch axes than the inputs.

    Example:
        >>> found = vector_step(lambda h, x_t: (h + x_t, h), jnp.zeros((3, 2)), jnp.ones((7, 3, 2)))
        >>> found.step(found.start, jnp.ones((3, 2))).tolist()
        [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]
    """
    batch_shape = leading_axes(xs)[1:]
    start, axes = to_vector(state, batch_shape), len(batch_shape)
    like = jax.tree.map(
        lambda x: jax.ShapeDtypeStruct(jnp.shape(x)[axes:], jnp.result_type(x)), state
    )
    whole = on_vectors(step, like)
    return VectorStep(lambda h, x_t: whole(h, x_t)[0], start, like)


def push(step: Callable[[Array], Array], h: Array, columns: Array) -> tuple[Array, Array]:
    """Returns `f(h)` and `J columns`, `[..., N]` and `[..., N, K]`: one product a column.

    Example:
        >>> push(lambda h: h * h, jnp.array([1.0, 3.0]), jnp.eye(2))[1].tolist()
        [[2.0, 0.0], [0.0, 6.0]]
    """
    after, product = jax.linearize(step, h)
    return after, jax.vmap(product, in_axes=-1, out_axes=-1)(columns)


def pull_back(
    vectors: VectorStep, xs: Any, rows: Callable[[Array], Array], measure: Callable[[Array], Any]
) -> Any:
    """Takes rows from the end of a trajectory back to its start and measures them at every lag.

    After each step they are scaled to length 1, the scale kept as a logarithm, so that they neither
    vanish nor explode.

    Args:
        vectors: the step.
        xs: inputs, `[T, ..., D]`.
        rows: makes of the last vector `[..., N]` the rows at lag 0, `[R, ..., N]`.
        measure: makes of scaled rows a pytree of logarithms of sizes, `[...]` each.

    Returns:
        The pytree of `[T + 1, ...]`, by lag.

    Example:
        >>> vectors = VectorStep(lambda h, x_t: h / 2, jnp.ones(1), like=None)
        >>> xs = jnp.zeros((2, 0))
        >>> logs = pull_back(vectors, xs, lambda h: h[None], lambda rows: log_norm(rows[0], 1))
        >>> jnp.exp(logs).round(4).tolist()  # from 1/4, where it ends
        [0.25, 0.125, 0.0625]
    """

    def forward(h: Array, x_t: Any) -> tuple[Array, Array]:
        return vectors.step(h, x_t), h

    def back(carry: tuple[Array, Array], inputs: tuple[Array, Any]) -> tuple:
        found, log_scale = carry
        h, x_t = inputs
        _, pull = jax.vjp(lambda h: vectors.step(h, x_t), h)
        return scaled(jax.vmap(lambda row: pull(row)[0])(found), log_scale)

    def scaled(found: Array, log_scale: Array) -> tuple[tuple[Array, Array], Any]:
        size = log_norm(jnp.moveaxis(found, 0, -2), 2)
        factor = jnp.where(jnp.isneginf(size), 1.0, jnp.exp(-size))
        found, log_scale = found * factor[None, ..., None], log_scale + size
        return (found, log_scale), jax.tree.map(lambda log: log + log_scale, measure(found))

    end, befores = jax.lax.scan(forward, vectors.start, xs)
    first, at_end = scaled(rows(end), jnp.zeros(end.shape[:-1], end.dtype))
    _, others = jax.lax.scan(back, first, (befores, xs), reverse=True)
    return jax.tree.map(
        lambda one, rest: jnp.concatenate([one[None], jnp.flip(rest, 0)]), at_end, others
    )


def log_norm(x: Array, axes: int) -> Array:
    """Returns the natural logarithms of 2-norms over the last axes; of zeros minus infinity.

    Example:
        >>> round(float(log_norm(jnp.array([3e-30, 4e-30]), 1)) - float(jnp.log(5e-30)), 4)
        0.0
    """
    last = tuple(range(-axes, 0))
    size = jnp.abs(x)
    most = jnp.max(size, axis=last, keepdims=True, initial=0)
    # Squares of numbers below 1e-19 are zero in single precision.
    within = jnp.sum((size / jnp.where(most > 0, most, 1)) ** 2, axis=last)
    return jnp.log(jnp.squeeze(most, last)) + jnp.log(within) / 2
