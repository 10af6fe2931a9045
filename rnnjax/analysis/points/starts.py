"""Where searches begin: states that a network visits, and around them."""

import jax
import jax.numpy as jnp

from rnnjax.typing import Array, Key


def draw_starts(key: Key, states: Array, count: int, noise: float = 0.0) -> Array:
    """Draws states from those visited, with replacement, and adds noise to them.

    Args:
        key: of the draw.
        states: visited while the network runs, `[..., N]`.
        count: how many are drawn.
        noise: the standard deviation of what is added to each number, in units of the state.

    Returns:
        `[count, N]`.

    Raises:
        ValueError: if there are no states.

    References:
        Golub & Sussillo (2018), FixedPointFinder, Journal of Open Source Software 3.

    Example:
        >>> draw_starts(jax.random.key(0), jnp.ones((5, 3, 2)), 4).tolist()
        [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]
    """
    key_index, key_noise = jax.random.split(key)
    flat = states.reshape(-1, states.shape[-1])
    if not len(flat):
        raise ValueError(f"there is nothing to draw from in states {states.shape}")
    drawn = flat[jax.random.randint(key_index, (count,), 0, len(flat))]
    return drawn + jnp.asarray(noise, flat.dtype) * jax.random.normal(
        key_noise, drawn.shape, flat.dtype
    )
