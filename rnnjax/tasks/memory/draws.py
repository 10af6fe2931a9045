"""More that is made of random words of 32 bits, of which a sequence is one draw."""

import jax
import jax.numpy as jnp

from rnnjax.tasks.formal.draws import below
from rnnjax.typing import Array


def happen(words: Array, chance: float) -> Array:
    """Returns booleans, True with a chance below 1.

    Example:
        >>> happen(jnp.array([0, 2**31, 2**32 - 1], jnp.uint32), 0.6).tolist()
        [True, True, False]
    """
    return words < jnp.uint32(min(round(chance * 2**32), 2**32 - 1))


def distinct(words: Array, count: Array | int) -> Array:
    """Returns whole numbers from 0 to `count - 1`, of which no two are the same, in random order.

    Two words make one number. Floyd's way: the work depends on how many there are and not on how
    many there could be.

    Example:
        >>> words = jnp.array([0, 0, 5, 3, 2, 1], jnp.uint32)
        >>> distinct(words, 4).tolist()
        [3, 2, 0]
    """
    draws, order = words.reshape(2, -1)
    last = count - len(draws) + jnp.arange(len(draws))
    drawn = below(draws, last + 1)

    def add(i: Array, found: Array) -> Array:
        taken = (found == drawn[i]).any()
        return found.at[i].set(jnp.where(taken, last[i], drawn[i]))

    found = jax.lax.fori_loop(0, len(drawn), add, jnp.full_like(drawn, -1))
    return found[jnp.argsort(order)]
