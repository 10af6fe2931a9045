"""Normalisation over the units of a vector."""

import jax
import jax.numpy as jnp

from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array


def standardize(z: Array, eps: float = 1e-5) -> Array:
    """Returns `(z - mean(z)) / sqrt(var(z) + eps)` over the last axis.

    Sums are in single precision at least.

    Example:
        >>> standardize(jnp.array([1.0, 3.0]), eps=0.0).tolist()
        [-1.0, 1.0]
    """
    wide = z.astype(single_or_wider(z.dtype))
    centred = wide - wide.mean(-1, keepdims=True)
    variance = jnp.square(centred).mean(-1, keepdims=True)
    return (centred * jax.lax.rsqrt(variance + eps)).astype(z.dtype)
