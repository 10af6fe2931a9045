"""Axes of arrays, of length one, and of meshes of devices, where JAX wants them said outright."""

from collections.abc import Iterable

import jax
import jax.numpy as jnp

from rnnjax.typing import Array


def grown(flag: Array, ndim: int) -> Array:
    """Gives a mask, or another flag, axes of length 1 at its end until it has `ndim`.

    `jax_numpy_rank_promotion="raise"` may be on.

    Example:
        >>> grown(jnp.ones((5, 2), bool), 3).shape
        (5, 2, 1)
    """
    return flag.reshape(flag.shape + (1,) * (ndim - flag.ndim))


def mesh_axes(x: Array) -> frozenset[str]:
    """Returns over which axes of a mesh an array varies, within a `jax.shard_map` that checks it.

    Example:
        >>> mesh_axes(jnp.ones(2))
        frozenset()
    """
    return jax.typeof(x).manual_axis_type.varying


def varying(x: Array, axes: Iterable[str]) -> Array:
    """Returns an array that is said to vary over axes of a mesh, also if it does not.

    What a loop carries has one type before a step and after.

    Example:
        >>> varying(jnp.ones(2), []).tolist()
        [1.0, 1.0]
    """
    missing = tuple(sorted(set(axes) - mesh_axes(x)))
    return jax.lax.pcast(x, missing, to="varying") if missing else x


def zeros_like(x: Array) -> Array:
    """Returns zeros of the shape, the dtype and the axes of an array.

    Example:
        >>> zeros_like(jnp.ones(2)).tolist()
        [0.0, 0.0]
    """
    return varying(jnp.zeros_like(x), mesh_axes(x))
