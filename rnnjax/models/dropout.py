"""Dropout whose rate may be an array, so that networks with different rates share one program."""

import jax
import jax.numpy as jnp

from rnnjax.typing import Array, Key


def drop(key: Key, rate: Array | float, xs: Array) -> Array:
    """Sets each feature to zero with the chance `rate`, and scales up the others.

    `flax.linen.Dropout` does the same for a rate that is a Python number.

    References:
        Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov (2014), Dropout: a simple way to
        prevent neural networks from overfitting, JMLR 15.

    Example:
        >>> drop(jax.random.key(0), 0.0, jnp.ones(3)).tolist()
        [1.0, 1.0, 1.0]
    """

    def dropped() -> Array:
        keep = jax.random.bernoulli(key, 1 - rate, xs.shape)
        return jnp.where(keep, xs / (1 - rate), jnp.zeros_like(xs)).astype(xs.dtype)

    # A program that serves all rates draws nothing where the rate is zero.
    return jax.lax.cond(rate > 0, dropped, lambda: xs)
