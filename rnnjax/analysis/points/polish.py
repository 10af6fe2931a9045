"""Newton's method for fixed points, damped where they are not isolated."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.dynamics import jacobians
from rnnjax.typing import Array

_BATCH = 64  # points whose Jacobians are in memory at once


class _Point(NamedTuple):
    """A point on its way, and how much a step from it is damped."""

    h: Array  # [N]
    residual: Array  # F(h) - h, [N]
    slope: Array  # J - I, [N, N]
    damping: Array
    made: Array  # updates
    moves: Array  # boolean


def polish(
    step: Callable[[Array], Array],
    points: Array,
    *,
    updates: int | Array = 100,
    reach: float | Array = jnp.inf,
) -> tuple[Array, Array]:
    """Brings states that are nearly at rest to fixed points, or to where they move least.

    By the Levenberg-Marquardt method on `F(h) - h`: Newton's steps where fixed points are isolated,
    saddles among them; on a line of fixed points, where `I - J` is singular, none along it. A step
    that is longer than `reach` or does not lower `q` is tried again, shorter. It can be jitted.

    Args:
        step: `F`, maps `[..., N]` to `[..., N]`, each vector by itself.
        points: states, `[S, N]`.
        updates: the most that are tried at each.
        reach: the longest step, in units of the state.

    Returns:
        States, `[S, N]`, and the slopes of `|F(h) - h|` there, `[S]`, which are near 0 at a state
        that moves less than those around it and yet is no fixed point.

    References:
        Fan & Yuan (2005), On the quadratic convergence of the Levenberg-Marquardt method without
        nonsingularity assumption, Computing 74 (damping by the square of the residual).

    Example:
        >>> h, slope = polish(lambda h: jnp.tanh(2 * h), jnp.ones((1, 1)))
        >>> round(float(h[0, 0]), 5)
        0.9575
    """

    def one(h: Array) -> tuple[Array, Array]:
        return _polish_one(step, h, updates, reach)

    return jax.lax.map(one, points, batch_size=_BATCH)


def _polish_one(
    step: Callable[[Array], Array], start: Array, updates: int | Array, reach: float | Array
) -> tuple[Array, Array]:
    units, eps = jnp.eye(len(start), dtype=start.dtype), jnp.finfo(start.dtype).eps

    def at(h: Array) -> tuple[Array, Array]:
        after, jacobian = jacobians(step, h)
        return after - h, jacobian - units

    def update(now: _Point) -> _Point:
        normal = now.slope.T @ now.slope
        size = jnp.sum(now.residual**2)
        damping = now.damping * size + eps * jnp.trace(normal)
        move = -jnp.linalg.solve(normal + damping * units, now.slope.T @ now.residual)
        h = now.h + move
        residual, slope = at(h)
        length = jnp.linalg.norm(move)
        better = (jnp.sum(residual**2) < size) & (length <= reach)
        kept = jax.tree.map(
            lambda new, old: jnp.where(better, new, old),
            (h, residual, slope, now.damping / 4),
            (now.h, now.residual, now.slope, now.damping * 8),
        )
        moves = length > eps * jnp.linalg.norm(now.h)
        h, residual, slope, damping = kept
        return _Point(h, residual, slope, damping, now.made + 1, moves)

    def goes_on(now: _Point) -> Array:
        return now.moves & (now.made < updates)

    one, zero = jnp.ones((), start.dtype), jnp.zeros((), jnp.int32)
    residual, slope = at(start)
    begin = _Point(start, residual, slope, one, zero, one > 0)
    found = jax.lax.while_loop(goes_on, update, begin)
    tiny = jnp.finfo(start.dtype).tiny
    # The gradient of |r| is (J - I)^T r / |r|.
    slope = found.slope.T @ found.residual
    return found.h, jnp.linalg.norm(slope) / (jnp.linalg.norm(found.residual) + tiny)
