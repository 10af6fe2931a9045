"""What Lyapunov exponents say of an attractor: its dimension, and the rate of its entropy."""

import jax.numpy as jnp

from rnnjax.typing import Array


def kaplan_yorke_dimension(exponents: Array, size: int | None = None) -> Array:
    """Returns the Kaplan-Yorke dimension, `[...]` of exponents `[..., k]` in any order.

        D = j + S_j / |lambda_{j+1}|,  j the largest with S_j = lambda_1 + ... + lambda_j >= 0

    It is 0 where all exponents are below zero, N where all volume grows, and NaN where more
    exponents than the k would be needed. An exponent that is zero but for its error can be counted
    as 0 or 1 where it is the first, and makes no difference elsewhere.

    Args:
        exponents: the k largest.
        size: N, the real numbers of a state; by default k.

    Raises:
        ValueError: if there are more exponents than N.

    References:
        Kaplan & Yorke (1979), Chaotic behavior of multidimensional difference equations, Lecture
        Notes in Mathematics 730.

    Example: Lorenz's attractor.
        >>> round(float(kaplan_yorke_dimension(jnp.array([0.9056, 0.0, -14.5723]))), 4)
        2.0621
    """
    exponents = jnp.asarray(exponents)
    k = exponents.shape[-1]
    size = k if size is None else size
    if k > size:
        raise ValueError(f"a state of {size} numbers has no {k} exponents")
    ordered = jnp.flip(jnp.sort(exponents, axis=-1), -1)
    sums = jnp.cumsum(ordered, axis=-1)
    # In this order the sums that are not negative come before those that are.
    j = jnp.sum(sums >= 0, axis=-1)
    before = jnp.take_along_axis(sums, jnp.maximum(j - 1, 0)[..., None], -1)[..., 0]
    next_one = jnp.take_along_axis(ordered, jnp.minimum(j, k - 1)[..., None], -1)[..., 0]
    inner = jnp.where(j > 0, j + before / jnp.abs(next_one), 0.0)
    found = jnp.where(j < k, inner, float(size) if k == size else jnp.nan)
    return jnp.where(jnp.any(jnp.isnan(exponents), axis=-1), jnp.nan, found)


def entropy_rate(exponents: Array) -> Array:
    """Returns the sum of the positive exponents, `[...]` of `[..., k]`: nats a unit of time.

    It bounds the entropy that the dynamics make, after Kolmogorov and Sinai, from above, and equals
    it where the attractor has a smooth measure along unstable directions (Pesin). Divided by
    `ln 2` these are bits.

    References:
        Eckmann & Ruelle (1985), Ergodic theory of chaos and strange attractors, Reviews of Modern
        Physics 57.

    Example: the logistic map, one bit a step.
        >>> float(entropy_rate(jnp.log(jnp.array([2.0, 0.5]))) / jnp.log(2.0))
        1.0
    """
    return jnp.sum(jnp.maximum(jnp.asarray(exponents), 0), axis=-1)
