"""How far two shapes are from each other when one is turned onto the other."""

from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.analysis.rows import paired, product
from rnnjax.typing import Array


class Alignment(NamedTuple):
    """Two recordings turned onto each other, both `[R, min(N, M)]` and without their means.

    Attributes:
        x: the first in the common frame.
        y: the second in it.
        turn_x: `[N, min(N, M)]`, `x` is the first times this.
        turn_y: `[M, min(N, M)]`.

    Example:
        >>> Alignment(*map(jnp.ones, ((3, 1), (3, 1), (1, 1), (2, 1)))).turn_y.shape
        (2, 1)
    """

    x: Array
    y: Array
    turn_x: Array
    turn_y: Array


def align(x: Array, y: Array) -> Alignment:
    """Turns and mirrors two recordings so that they lie on each other as well as they can.

    With `X^T Y = U S V^T` of centred rows these are `X U` and `Y V`. For a picture of one network's
    trajectories over another's take their first columns. Of the wider one what is perpendicular to
    the common frame is left out.

    Args:
        x: states of one network, `[..., N]` real.
        y: of another at the same moments of the same inputs, `[..., M]`.

    Raises:
        TypeError: if they are complex.
        ValueError: if the axes before the last are not as many moments.

    Example: a square and the same turned by a right angle.
        >>> x = jnp.array([[2.0, 1.0], [-2.0, 1.0], [-2.0, -1.0], [2.0, -1.0]])
        >>> found = align(x, x @ jnp.array([[0.0, 1.0], [-1.0, 0.0]]))
        >>> bool(jnp.abs(found.x - found.y).max() < 1e-5)
        True

    References:
        Schoenemann (1966), A generalized solution of the orthogonal Procrustes problem,
        Psychometrika 31.
    """
    x, y = paired(x, y)
    u, _, vt = jnp.linalg.svd(product(x.T, y), full_matrices=False)
    return Alignment(product(x, u), product(y, vt.T), u, vt.T)


def shape_distance(x: Array, y: Array) -> Array:
    """Returns the angle between two shapes, a metric from 0 to pi/2, in radians.

    `arccos(|X^T Y|_* / (|X|_F |Y|_F))` of centred rows, `|.|_*` the sum of the singular values: the
    same for states that are turned, mirrored, or scaled all alike. It is computed as
    `2 arcsin(d / 2)` of the Euclidean distance d, which sees shapes that are nearly the same.

    Args:
        x: states of one network, `[..., N]` real.
        y: of another at the same moments of the same inputs, `[..., M]`.

    Raises:
        TypeError: if they are complex.
        ValueError: if the axes before the last are not as many moments.

    Example: half of the variance is the same, and half perpendicular to it.
        >>> x = jnp.array([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
        >>> (shape_distance(x, x[:, :1]) / jnp.pi).round(4).item()
        0.25

    References:
        Williams, Kunz, Kornblith & Linderman (2021), Generalized shape metrics on neural
        representations, NeurIPS, arXiv:2110.14739.
    """
    x, y = paired(x, y)
    width = max(x.shape[1], y.shape[1])
    x, y = (jnp.pad(rows, ((0, 0), (0, width - rows.shape[1]))) for rows in (x, y))
    x, y = (rows / jnp.linalg.norm(rows) for rows in (x, y))
    u, _, vt = jnp.linalg.svd(product(x.T, y))
    distance = jnp.linalg.norm(product(x, product(u, vt)) - y)
    return 2 * jnp.arcsin(jnp.clip(distance / 2, 0, 1))
