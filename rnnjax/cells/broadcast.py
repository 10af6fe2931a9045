"""Vectors along leading axes, said outright: `jax_numpy_rank_promotion="raise"` may be on."""

import jax.numpy as jnp

from rnnjax.typing import Array


def repeat(vector: Array, like: Array) -> Array:
    """Repeats a vector `[H]` along the leading axes of `like [..., H]`."""
    return jnp.broadcast_to(vector, like.shape)


def affine(x: Array, w: Array, b: Array) -> Array:
    """Returns `x w + b`, `[..., G]`, for inputs `[..., D]`."""
    product = x @ w
    return product + repeat(b, product)
