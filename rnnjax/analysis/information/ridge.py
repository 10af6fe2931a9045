"""Ridge regression of many targets on the same rows, the penalty chosen without held-out ones."""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp

from rnnjax.analysis.rows import centred, product
from rnnjax.typing import Array

PENALTIES = tuple(10.0**power for power in range(-10, 3))


class Ridge(NamedTuple):
    """Linear readouts, `x weights + offset`.

    Attributes:
        weights: `[K, N, M]`, a readout for each of K sets of targets.
        offset: `[K, M]`.
        penalty: what was chosen of `penalties` for each, `[K]`.

    Example:
        >>> readout = Ridge(jnp.ones((1, 2, 1)), jnp.ones((1, 1)), jnp.zeros(1))
        >>> readout(jnp.array([[1.0, 2.0]])).tolist()
        [[[4.0]]]
    """

    weights: Array
    offset: Array
    penalty: Array

    def __call__(self, x: Array) -> Array:
        """Returns `[K, R, M]` for rows `x [R, N]`."""
        return product(x[None], self.weights) + self.offset[:, None]


def fit_ridge(x: Array, targets: Array, penalties: Sequence[float] = PENALTIES) -> Ridge:
    """Returns the readouts of least squared error and weight.

    `W = (X^T X + p s_0^2 I)^-1 X^T Y` on rows without their means, `s_0^2` the largest eigenvalue
    of `X^T X`. For each set of targets the penalty is that of the least generalised
    cross-validation, `T |Y - X W|^2 / (T - dof)^2`. One decomposition serves all.

    Args:
        x: `[R, N]`.
        targets: `[K, R, M]`.
        penalties: p, to choose from.

    Raises:
        ValueError: if they differ in R.

    Example:
        >>> x = jnp.array([[0.0], [1.0], [2.0], [4.0]])
        >>> fit_ridge(x, 3 * x[None] + 1).offset.round(3).tolist()
        [[1.0]]

    References:
        Golub, Heath & Wahba (1979), Generalized cross-validation as a method for choosing a good
        ridge parameter, Technometrics 21.
    """
    if targets.ndim != 3 or targets.shape[1] != x.shape[0]:
        raise ValueError(f"x {x.shape} and targets {targets.shape} must be [R, N] and [K, R, M]")
    means, target_means = x.mean(0), targets.mean(1)
    u, s, vt = jnp.linalg.svd(centred(x), full_matrices=False)
    y = targets - target_means[:, None]
    found = product(u.T[None], y)  # [K, r, M]
    scale = jnp.where(s[0] > 0, s[0], 1)
    penalty = jnp.array(penalties, x.dtype) * scale**2
    squares = s[None] ** 2
    shrunk = squares / (squares + penalty[:, None])  # [P, r]
    kept = product(2 * shrunk - shrunk**2, (found**2).sum(-1).T)  # [P, K]
    rest = jnp.clip((y**2).sum((1, 2))[None] - kept, 0)
    free = jnp.clip(len(x) - 1 - shrunk.sum(-1), 1e-3)
    best = jnp.argmin(rest / free[:, None] ** 2, axis=0)  # [K]
    inverse = s[None] / (squares + penalty[best][:, None])  # [K, r]
    weights = product(vt.T[None], inverse[..., None] * found)
    offset = target_means - product(means[None, None], weights)[:, 0]
    return Ridge(weights, offset, penalty[best] / scale**2)
