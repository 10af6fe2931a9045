"""How heads find slots of a memory: weights `[..., heads, slots]` that sum to 1."""

import jax
import jax.numpy as jnp

from rnnjax.typing import Array

_EPS = 1e-8  # beside a product of norms
_SMALLEST = 1e-30  # of a weight, and of a square, so that logarithm and root have a gradient


def by_content(k: Array, beta: Array, M: Array) -> Array:
    """Returns `softmax(beta cos(k, M[i]))` over slots, for keys `[..., heads, width]`.

    `beta` is `[..., heads, 1]`.

    Example:
        >>> k, beta = jnp.array([[1.0, 0.5]]), jnp.array([[2.0]])
        >>> by_content(k, beta, jnp.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])).round(3).tolist()
        [[0.3959999978542328, 0.16200000047683716, 0.4419999122619629]]
    """
    cosine = k @ jnp.swapaxes(M, -1, -2) / (_norm(k) * jnp.swapaxes(_norm(M), -1, -2) + _EPS)
    return jax.nn.softmax(beta * cosine, axis=-1)


def shifted(w: Array, s: Array) -> Array:
    """Moves weights round the ring of slots by each of the offsets -n..n, with weights s.

    `s` is `[..., heads, 2 n + 1]`.

    Example:
        >>> shifted(jnp.array([[1.0, 0.0, 0.0]]), jnp.array([[0.5, 0.25, 0.125]])).tolist()
        [[0.25, 0.125, 0.5]]
    """
    n = s.shape[-1] // 2
    return sum(
        (s[..., i + n, None] * jnp.roll(w, i, axis=-1) for i in range(-n, n + 1)),
        start=jnp.zeros_like(w),
    )


def sharpened(w: Array, gamma: Array) -> Array:
    """Returns `w^gamma / sum(w^gamma)`, for `gamma [..., heads, 1]`; no w is taken below 1e-30.

    Example:
        >>> sharpened(jnp.array([[0.5, 0.25, 0.25]]), jnp.array([[2.0]])).round(2).tolist()
        [[0.67, 0.17, 0.17]]
    """
    # Powers of small numbers may all be zero in single precision.
    return jax.nn.softmax(gamma * jnp.log(jnp.maximum(w, _SMALLEST)), axis=-1)


def _norm(x: Array) -> Array:
    square = jnp.square(x).sum(-1, keepdims=True)
    return jnp.sqrt(jnp.maximum(square, _SMALLEST))
