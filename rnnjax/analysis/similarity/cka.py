"""Centred kernel alignment: whether the same moments are alike in two networks."""

import jax.numpy as jnp

from rnnjax.analysis.rows import paired, product
from rnnjax.typing import Array


def linear_cka(x: Array, y: Array) -> Array:
    """Returns `|Y^T X|_F^2 / (|X^T X|_F |Y^T Y|_F)` of centred rows, 0 to 1.

    The same for states that are turned, or scaled all alike, and not for those under other linear
    maps. Where units are many beside the moments it is high for what has nothing to do with each
    other: then take `debiased_cka`.

    Args:
        x: states of one network, `[..., N]` real.
        y: of another at the same moments of the same inputs, `[..., M]`.

    Raises:
        TypeError: if they are complex.
        ValueError: if the axes before the last are not as many moments.

    Example:
        >>> x = jnp.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]])
        >>> linear_cka(x, 5 * x[:, ::-1]).round(5).item()
        1.0

    References:
        Kornblith, Norouzi, Lee & Hinton (2019), Similarity of neural network representations
        revisited, ICML, arXiv:1905.00414.
    """
    x, y = paired(x, y)
    return _alignment(*(_inner(*pair) for pair in ((x, y), (x, x), (y, y))))


def debiased_cka(x: Array, y: Array) -> Array:
    """Returns linear CKA of unbiased estimates: about 0 for what is unrelated, also below it.

    Not a number where states vary so little beside their moments that an estimate of their own
    spread is below 0.

    Args:
        x: states of one network, `[..., N]` real, of 4 moments or more.
        y: of another at the same moments, `[..., M]`.

    Raises:
        TypeError: if they are complex.
        ValueError: if the axes before the last are not as many moments, or fewer than 4.

    Example:
        >>> x = jnp.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0], [1.0, 4.0], [0.0, 0.0]])
        >>> debiased_cka(x, -x).round(5).item()
        1.0

    References:
        Song, Smola, Gretton, Borgwardt & Bedo (2007), Supervised feature selection via dependence
        estimation, ICML.
        Nguyen, Raghu & Kornblith (2021), Do wide and deep networks learn the same things? ICLR,
        arXiv:2010.15327.
    """
    x, y = paired(x, y)
    if len(x) < 4:
        raise ValueError(f"{len(x)} moments are too few for debiased CKA: 4 or more are needed")
    return _alignment(*(_unbiased_inner(*pair) for pair in ((x, y), (x, x), (y, y))))


def rbf_cka(x: Array, y: Array, width: float = 1.0) -> Array:
    """Returns CKA of Gaussian kernels, `exp(-d^2 / (2 width^2 m))`, 0 to 1.

    m is the median of the squared distances, those of each moment to itself among them. It takes
    the memory of the square of the moments.

    Args:
        x: states of one network, `[..., N]` real.
        y: of another at the same moments, `[..., M]`.
        width: of the kernels, in square roots of m; small ones look at close neighbours.

    Raises:
        TypeError: if they are complex.
        ValueError: if the axes before the last are not as many moments.

    Example:
        >>> x = jnp.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]])
        >>> rbf_cka(x, -x, 0.5).round(5).item()
        1.0

    References:
        Kornblith, Norouzi, Lee & Hinton (2019), Similarity of neural network representations
        revisited, ICML, arXiv:1905.00414.
    """
    k, l = (_centred_gram(_gaussian(rows, width)) for rows in paired(x, y))
    return _alignment(*((a * b).sum() for a, b in ((k, l), (k, k), (l, l))))


def _alignment(both: Array, first: Array, second: Array) -> Array:
    return both / (jnp.sqrt(first) * jnp.sqrt(second))


def _inner(x: Array, y: Array) -> Array:
    """Returns the sum over moments of the products of their kernels, by features or by moments."""
    if max(x.shape[1], y.shape[1]) <= len(x):
        return (product(y.T, x) ** 2).sum()
    return (product(x, x.T) * product(y, y.T)).sum()


def _unbiased_inner(x: Array, y: Array) -> Array:
    n, (p, q) = float(len(x)), ((rows**2).sum(-1) for rows in (x, y))
    own, total = (p * q).sum(), p.sum() * q.sum()
    return _inner(x, y) - n / (n - 2) * own + total / ((n - 1) * (n - 2))


def _gaussian(x: Array, width: float) -> Array:
    norms = (x**2).sum(-1)
    squared = jnp.clip(norms[:, None] + norms[None] - 2 * product(x, x.T), 0)
    return jnp.exp(-squared / (2 * width**2 * jnp.median(squared)))


def _centred_gram(k: Array) -> Array:
    means = k.mean(0, keepdims=True)
    return k - means - means.T + k.mean()
