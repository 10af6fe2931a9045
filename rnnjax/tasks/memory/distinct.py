"""Random numbers of which no two are the same."""

import jax
import jax.numpy as jnp

from rnnjax.typing import Array, Key


def draw_distinct(key: Key, count: int, below: Array | int) -> Array:
    """Draws `count` different whole numbers from 0 to `below - 1`, in random order.

    Floyd's way: the work depends on `count` alone, so that a few of many are cheap.

    Example:
        >>> numbers = draw_distinct(jax.random.key(0), 4, below=4)
        >>> sorted(numbers.tolist())
        [0, 1, 2, 3]
    """
    key_numbers, key_order = jax.random.split(key)
    last = below - count + jnp.arange(count)
    drawn = jax.random.randint(key_numbers, (count,), 0, last + 1)

    def add(i: Array, found: Array) -> Array:
        taken = (found == drawn[i]).any()
        return found.at[i].set(jnp.where(taken, last[i], drawn[i]))

    found = jax.lax.fori_loop(0, count, add, jnp.full_like(drawn, -1))
    return jax.random.permutation(key_order, found)
