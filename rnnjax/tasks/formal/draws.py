"""Symbols and numbers made of random words of 32 bits, so that a string is one draw.

A program is compiled in a third of the time that it is with `jax.random.randint` for each kind of
symbol. What is made of one word is one thing; what it is may depend on all the others.
"""

import jax
import jax.numpy as jnp

from rnnjax.typing import Array, Key


def draw_words(key: Key, count: int) -> Array:
    """Draws whole numbers `[count]` from 0 to 2^32 - 1."""
    return jax.random.bits(key, (count,), jnp.uint32)


def below(words: Array, count: Array | int) -> Array:
    """Returns whole numbers from 0 to `count - 1`, equally likely up to one in 2^32.

    Example:
        >>> below(jnp.array([1, 14, 2**32 - 1], jnp.uint32), 5).tolist()
        [1, 4, 0]
    """
    return (words % jnp.asarray(count, words.dtype)).astype(int)


def not_all_zero(words: Array, there: Array) -> Array:
    """Returns zeros and ones, fair where `there` is True, but not all zeros; else zeros.

    Each bit of the words is a draw of its own: taken is the first that has a one. None has where
    one bit alone is wanted, once in 2^32.

    Example:
        >>> words = jnp.array([0b100, 0b001, 0b110], jnp.uint32)
        >>> not_all_zero(words, jnp.array([True, False, True])).tolist()
        [0, 0, 1]
    """
    ones = jax.lax.reduce_or(jnp.where(there, words, 0), axes=(0,))
    first = jax.lax.population_count(~ones & (ones - 1))  # how many end in zeros
    return jnp.where(there, (words >> first) & 1, 0).astype(int)
