"""Moves of a memory `[..., slots, width]`, and averages of them."""

from collections.abc import Sequence

import jax.numpy as jnp

from rnnjax.typing import Array


def pushed(M: Array, first: Array) -> Array:
    """Moves all slots one down; `first [..., width]` is the new slot 0, and the last is lost.

    Example:
        >>> pushed(jnp.array([[1.0], [2.0]]), jnp.array([5.0])).tolist()
        [[5.0], [1.0]]
    """
    return jnp.concatenate([first[..., None, :], M[..., :-1, :]], axis=-2)


def popped(M: Array, last: Array) -> Array:
    """Moves all slots one up; slot 0 is lost, and `last [..., width]` is the new last one.

    Example:
        >>> popped(jnp.array([[1.0], [2.0]]), jnp.array([5.0])).tolist()
        [[2.0], [5.0]]
    """
    return jnp.concatenate([M[..., 1:, :], last[..., None, :]], axis=-2)


def average(a: Array, memories: Sequence[Array]) -> Array:
    """Returns the sum of memories by weights `a [..., len(memories), width]`, or 1 for width.

    Example:
        >>> memories = jnp.array([[1.0], [2.0]]), jnp.array([[3.0], [4.0]])
        >>> average(jnp.array([[0.5], [0.5]]), memories).tolist()
        [[2.0], [3.0]]
    """
    first, *others = (a[..., i, None, :] * memory for i, memory in enumerate(memories))
    return sum(others, start=first)
