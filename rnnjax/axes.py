"""Axes of length one, said outright: `jax_numpy_rank_promotion="raise"` may be on."""

from rnnjax.typing import Array


def grown(flag: Array, ndim: int) -> Array:
    """Gives a mask, or another flag, axes of length 1 at its end until it has `ndim`.

    Example:
        >>> import jax.numpy as jnp
        >>> grown(jnp.ones((5, 2), bool), 3).shape
        (5, 2, 1)
    """
    return flag.reshape(flag.shape + (1,) * (ndim - flag.ndim))
