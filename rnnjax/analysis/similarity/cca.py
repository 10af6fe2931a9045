"""Canonical correlations: what two networks share up to any invertible linear map."""

import jax.numpy as jnp

from rnnjax.analysis.rows import paired, product
from rnnjax.typing import Array


def canonical_correlations(x: Array, y: Array) -> Array:
    """Returns the correlations of the directions that agree best, the largest first.

    They are 1 whatever the states are where units of both together are as many as the moments, and
    directions that hardly vary count as much as those that do.

    Args:
        x: states of one network, `[..., N]` real.
        y: of another at the same moments of the same inputs, `[..., M]`.

    Returns:
        `[min(N, M)]`; 0 in the place of directions that are not there.

    Raises:
        TypeError: if they are complex.
        ValueError: if the axes before the last are not as many moments.

    Example:
        >>> x = jnp.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0], [4.0, 0.0], [0.0, 1.0]])
        >>> canonical_correlations(x, x @ jnp.array([[3.0, 1.0], [1.0, 1.0]])).round(3).tolist()
        [1.0, 1.0]

    References:
        Hotelling (1936), Relations between two sets of variates, Biometrika 28.
    """
    x, y = paired(x, y)
    return _correlations(*(_directions(rows, 1.0) for rows in (x, y)))


def svcca(x: Array, y: Array, share: float = 0.99) -> Array:
    """Returns the mean canonical correlation of the directions that make most of the variance.

    Args:
        x: states of one network, `[..., N]` real.
        y: of another at the same moments of the same inputs, `[..., M]`.
        share: of the variance, that the directions that are kept have together at least.

    Returns:
        0 to 1: a scalar, the mean over as many as the one with fewer directions has; 0 where one
        does not vary at all, NaN where one is.

    Raises:
        TypeError: if they are complex.
        ValueError: if the axes before the last are not as many moments.

    Example: two units in one network and one of them in the other.
        >>> x = jnp.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0], [4.0, 0.0], [0.0, 1.0]])
        >>> svcca(x, x[:, :1]).round(3).item()
        1.0

    References:
        Raghu, Gilmer, Yosinski & Sohl-Dickstein (2017), SVCCA: singular vector canonical
        correlation analysis for deep learning dynamics and interpretability, NeurIPS,
        arXiv:1706.05806.
    """
    first, second = (_directions(rows, share) for rows in paired(x, y))
    count = jnp.minimum(*((u**2).sum() for u in (first, second)))  # of unit columns
    return _correlations(first, second).sum() / jnp.maximum(jnp.round(count), 1)


def _directions(x: Array, share: float) -> Array:
    """Returns orthonormal columns that span what is kept of `x`; others are zero."""
    u, s, _ = jnp.linalg.svd(x, full_matrices=False)
    there = s > s[0] * jnp.finfo(x.dtype).eps * max(x.shape)
    before = jnp.cumsum(s**2) - s**2
    kept = there & (before < share * (s**2).sum())
    return jnp.where((kept | jnp.isnan(s))[None], u, 0)


def _correlations(first: Array, second: Array) -> Array:
    return jnp.clip(jnp.linalg.svd(product(first.T, second), compute_uv=False), 0, 1)
