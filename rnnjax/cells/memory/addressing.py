"""How heads find slots of a memory, as weights over them."""

import jax
import jax.numpy as jnp

from rnnjax.typing import Array

_EPS = 1e-8  # beside a product of norms
_NEAR = 100  # roundings of numbers up to 1, within which two are equal
_SMALLEST = 1e-30  # of a weight, and of a square, so that logarithm and root have a gradient


def by_content(k: Array, beta: Array, M: Array, softening: float = 0.0) -> Array:
    """Returns `softmax(beta cos(k, M[i]))` over slots, for keys `[..., heads, width]`.

    `beta` is `[..., heads, 1]`; `softening` adds to the squares of norms.

    Example:
        >>> M = jnp.array([[1.0, 0.0], [0.0, 1.0]])
        >>> w = by_content(jnp.array([[1.0, 0.0]]), jnp.array([[2.0]]), M)
        >>> bool(jnp.allclose(w, jax.nn.softmax(jnp.array([[2.0, 0.0]]))))
        True
    """
    norms = _norm(k, softening) * jnp.swapaxes(_norm(M, softening), -1, -2)
    cosine = k @ jnp.swapaxes(M, -1, -2) / (norms + _EPS)
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
        >>> w = sharpened(jnp.array([[0.75, 0.25]]), jnp.array([[2.0]]))
        >>> bool(jnp.allclose(w, jnp.array([[0.9, 0.1]])))
        True
    """
    # Powers of small numbers may all be zero in single precision.
    return jax.nn.softmax(gamma * jnp.log(jnp.maximum(w, _SMALLEST)), axis=-1)


def allocation(u: Array) -> Array:
    """Returns where to write: `(1 - u[i])` times all smaller `u`, of slots in use as far as `u`.

    Of those that are equal up to rounding the first is the smaller. The sum is `1 - prod(u)`.

    Example:
        >>> allocation(jnp.array([0.5, 1.0, 0.25])).tolist()
        [0.125, 0.0, 0.75]
    """
    own, other = u[..., :, None], u[..., None, :]
    slots = jnp.arange(u.shape[-1])
    first = jnp.broadcast_to(slots[None] < slots[:, None], (*u.shape, u.shape[-1]))
    near = _NEAR * jnp.finfo(u.dtype).eps  # else what rounding has left would decide
    smaller = (other < own - near) | ((jnp.abs(other - own) <= near) & first)
    return (1 - u) * product(jnp.where(smaller, other, 1))


def product(x: Array) -> Array:
    """Returns the product along the last axis; of `jnp.prod` no derivative can be exported.

    Example:
        >>> product(jnp.array([2.0, 3.0, 4.0])).item()
        24.0
    """
    while x.shape[-1] > 1:
        half = x.shape[-1] // 2
        pairs = x[..., :half] * x[..., half : 2 * half]
        x = jnp.concatenate([pairs, x[..., 2 * half :]], axis=-1)
    return x[..., 0]


def linked(L: Array, p: Array, w: Array) -> Array:
    """Returns the links `[..., slots, slots]` after a write at `w`, where the last one was at `p`.

    Example:
        >>> linked(jnp.zeros((2, 2)), p=jnp.array([1.0, 0.0]), w=jnp.array([0.0, 1.0])).tolist()
        [[0.0, 0.0], [1.0, 0.0]]
    """
    L = (1 - w[..., :, None] - w[..., None, :]) * L + w[..., :, None] * p[..., None, :]
    return jnp.where(jnp.broadcast_to(jnp.eye(w.shape[-1], dtype=bool), L.shape), 0, L)


def _norm(x: Array, softening: float) -> Array:
    square = jnp.square(x).sum(-1, keepdims=True) + softening
    return jnp.sqrt(jnp.maximum(square, _SMALLEST))
