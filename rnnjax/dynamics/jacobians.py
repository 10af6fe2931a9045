"""Jacobians of a function of vectors at many points at once."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from rnnjax.axes import mesh_axes, varying
from rnnjax.typing import Array


def jacobians(function: Callable[[Array], Array], points: Array) -> tuple[Array, Array]:
    """Returns the values of a function and its Jacobians, at many points at once.

    All points share one linearisation, and N of its products make the columns. It can be
    differentiated.

    Args:
        function: maps `[..., N]` to `[..., M]`, each vector by itself.
        points: where, `[..., N]`.

    Returns:
        The values `[..., M]`, and `[..., M, N]`: the derivative of each entry of a value by each
        entry of its point.

    Example: a network at rest, of which they are the recurrent weights.
        >>> from rnnjax import cells, dynamics
        >>> cell, w_h = cells.Elman(2), jnp.array([[0.5, 1.0], [0.0, -0.5]])
        >>> params = cells.GatedParams(w_x=jnp.ones((1, 2)), w_h=w_h, b=jnp.zeros(2))
        >>> step = dynamics.on_vectors(
        ...     lambda state, x_t: cell.step(params, state, x_t), cell.initial_state(params)
        ... )
        >>> _, found = jacobians(lambda h: step(h, jnp.zeros((1, 1)))[0], jnp.zeros((1, 2)))
        >>> found[0].tolist() == w_h.T.tolist()
        True
    """
    values, push = jax.linearize(function, points)
    units = jnp.eye(points.shape[-1], dtype=points.dtype)
    columns = jax.vmap(lambda unit: push(_along(unit, points)), out_axes=-1)(units)
    return values, columns


def diagonal_jacobians(function: Callable[[Array], Array], points: Array) -> tuple[Array, Array]:
    """Like `jacobians`, with the diagonals alone; takes the memory of a few points at a time.

    Args:
        function: maps `[..., N]` to `[..., N]`, each vector by itself.
        points: where, `[..., N]`.

    Returns:
        The values and the diagonals, `[..., N]` each.

    Raises:
        ValueError: if values are not of the shape of points.

    Example:
        >>> _, found = diagonal_jacobians(lambda h: h * h, jnp.array([[1.0, 2.0], [3.0, 4.0]]))
        >>> found.tolist()
        [[2.0, 4.0], [6.0, 8.0]]
    """
    values, push = jax.linearize(function, points)
    if values.shape != points.shape:
        raise ValueError(f"a function of {points.shape} to {values.shape} has no diagonal")

    def entry(unit: Array) -> Array:
        unit = _along(unit, points)
        return jnp.sum(push(unit) * unit, axis=-1)

    # One column after another: all of them together are as many numbers as the Jacobians.
    entries = jax.lax.map(entry, jnp.eye(points.shape[-1], dtype=points.dtype))
    return values, jnp.moveaxis(entries, 0, -1)


def _along(unit: Array, like: Array) -> Array:
    along = jax.lax.broadcast_in_dim(unit, like.shape, (like.ndim - 1,))
    return varying(along, mesh_axes(like))
