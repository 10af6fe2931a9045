"""Axes, said outright: `jax_numpy_rank_promotion="raise"` may be on."""

from typing import Any

import jax
import jax.numpy as jnp

from rnnjax.typing import Array


def repeat(vector: Array, like: Array) -> Array:
    """Repeats a vector `[H]` along the leading axes of `like [..., H]`.

    Example:
        >>> repeat(jnp.zeros(3), like=jnp.ones((2, 3))).shape
        (2, 3)
    """
    return jnp.broadcast_to(vector, like.shape)


def affine(x: Array, w: Array, b: Array) -> Array:
    """Returns `x w + b`, `[..., G]`, for inputs `[..., D]`.

    Example:
        >>> affine(jnp.ones((5, 2)), jnp.ones((2, 3)), jnp.ones(3)).shape
        (5, 3)
    """
    if x.shape[-1] == 1:
        # As `[x, 1] [w; b]`. XLA makes no product of a single column but a multiplication inside
        # whatever comes next, once a gate: a GRU's gradient over 784 pixels takes 1.35 as long.
        x, w = jnp.concatenate([x, jnp.ones_like(x)], -1), jnp.concatenate([w, b[None]])
        return x @ w
    product = x @ w
    return product + repeat(b, product)


def leading_axes(xs: Any) -> tuple[int, ...]:
    """Returns the sizes of the axes before the features of inputs, `(T, ...)` of `[T, ..., D]`.

    Example:
        >>> leading_axes({"x": jnp.zeros((7, 3, 2)), "gap": jnp.zeros((7, 3, 1))})
        (7, 3)
    """
    return jax.tree.leaves(xs)[0].shape[:-1]


def complex_dtype(real: Any) -> Any:
    """Returns the type of complex numbers beside real ones, of single precision at the least.

    Example:
        >>> complex_dtype(jnp.bfloat16) is complex_dtype(jnp.float32) is jnp.complex64
        True
    """
    return jnp.complex128 if real == jnp.float64 else jnp.complex64
