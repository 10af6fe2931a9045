"""Recurrences that are linear in the state, solved for all of time at once."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.axes import grown
from rnnjax.typing import Array


class _Map(NamedTuple):
    """One step, or several in a row: `h -> jacobian h + drive`; where it begins, `h -> drive`."""

    jacobian: Array  # [..., N, N], or the diagonal of it, [..., N]
    drive: Array  # [..., N]
    begins: Array | None  # boolean [...]


def solve(jacobians: Array, drive: Array, begins: Array | None = None) -> Array:
    """Returns all `h_t = J_t h_{t-1} + d_t`, from `h = 0` before the first.

    By `jax.lax.associative_scan`, log2(T) compositions deep. It can be differentiated in both
    modes: its transpose is one such solve backward in time.

    Args:
        jacobians: `J`, `[T, ..., N, N]`, or their diagonals, `[T, ..., N]`.
        drive: `d`, `[T, ..., N]`.
        begins: boolean `[T, ...]`; where it is True, `h_t = d_t`, whatever `J_t` and what was
            before hold, NaN included. None is nowhere.

    Returns:
        `h`, `[T, ..., N]`.

    Raises:
        TypeError: if `begins` is not boolean.
        ValueError: if shapes do not fit.

    References:
        Blelloch (1990), Prefix sums and their applications, CMU-CS-90-190.

    Example:
        >>> solve(jnp.full((4, 1), 0.5), jnp.ones((4, 1)), jnp.arange(4) == 2).ravel().tolist()
        [1.0, 1.5, 1.0, 1.5]
    """
    if jacobians.shape not in (drive.shape, (*drive.shape, drive.shape[-1])):
        raise ValueError(
            f"jacobians {jacobians.shape} do not fit a drive {drive.shape}: "
            "they must be [T, ..., N, N] or [T, ..., N]"
        )
    if begins is not None and begins.dtype != bool:
        raise TypeError(f"begins must be boolean; got {begins.dtype}")
    if begins is not None and begins.shape != drive.shape[:-1]:
        raise ValueError(f"begins {begins.shape} do not fit a drive {drive.shape}")
    each = _Map(jacobians, drive, begins)

    def matvec(hs: Array) -> Array:
        befores = jnp.concatenate([jnp.zeros_like(hs[:1]), hs[:-1]])
        return hs - _forget(each.begins, _times(each.jacobian, befores))

    def forward(_, drive: Array) -> Array:
        return jax.lax.associative_scan(_compose, each._replace(drive=drive)).drive

    def backward(_, drive: Array) -> Array:
        # h_t passes to h_{t+1}, so its cotangent takes that step's Jacobian, transposed.
        later = jax.tree.map(
            lambda x: jnp.concatenate([x[1:], jnp.zeros_like(x[:1])]), each._replace(drive=None)
        )
        is_full = each.jacobian.ndim > drive.ndim
        jacobian = jnp.swapaxes(later.jacobian, -1, -2) if is_full else later.jacobian
        maps = _Map(jacobian, drive, later.begins)
        return jax.lax.associative_scan(_compose, maps, reverse=True).drive

    return jax.lax.custom_linear_solve(matvec, each.drive, forward, backward)


def _compose(first: _Map, second: _Map) -> _Map:
    """Returns two maps as one."""
    if first.jacobian.ndim == first.drive.ndim:
        jacobian = second.jacobian * first.jacobian
    else:
        jacobian = jnp.matmul(second.jacobian, first.jacobian, precision=jax.lax.Precision.HIGHEST)
    drive = _forget(second.begins, _times(second.jacobian, first.drive)) + second.drive
    if first.begins is None or second.begins is None:
        return _Map(jacobian, drive, None)
    return _Map(_forget(second.begins, jacobian), drive, first.begins | second.begins)


def _times(jacobian: Array, h: Array) -> Array:
    if jacobian.ndim == h.ndim:
        return jacobian * h
    return jnp.matmul(jacobian, h[..., None], precision=jax.lax.Precision.HIGHEST)[..., 0]


def _forget(begins: Array | None, x: Array) -> Array:
    # Chosen and not multiplied by zero: a NaN in one sequence must not reach the next.
    if begins is None:
        return x
    return jnp.where(jnp.broadcast_to(grown(begins, x.ndim), x.shape), 0, x)
