"""A step near points: its Jacobians, their eigenvectors, and what is stable."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from rnnjax.analysis.vector_steps import as_pytree
from rnnjax.dynamics import jacobians
from rnnjax.typing import Array


class Linearization(NamedTuple):
    """`d_{t+1} = J d_t + r`, with `d` the distance from a point, at M points.

    Of each point the eigenvalues are by size, the largest first: `J R = R diag(eigenvalues)`, and
    the amplitude of the mode k is `L[k] d`, with `L R = I`.

    Attributes:
        residuals: `r = F(h) - h`, `[M, N]`, 0 at fixed points.
        jacobians: `J[i, j] = dF_i / dh_j`, `[M, N, N]`.
        eigenvalues: `[M, N]`, complex, per step.
        right: `R`, a column an eigenvector of length 1, `[M, N, N]`.
        left: `L`, rows, `[M, N, N]`; NaN where a Jacobian has no basis of eigenvectors.

    Example:
        >>> linearize(lambda h: 2 * h, jnp.zeros((1, 3))).unstable.tolist()
        [3]
    """

    residuals: np.ndarray
    jacobians: np.ndarray
    eigenvalues: np.ndarray
    right: np.ndarray
    left: np.ndarray

    @property
    def unstable(self) -> np.ndarray:
        """How many directions grow, `[M]`: eigenvalues of a size above 1."""
        return (np.abs(self.eigenvalues) > 1).sum(-1)


def linearize(step: Callable[[Array], Array], points: npt.ArrayLike) -> Linearization:
    """Linearizes a step at points: Jacobians on the device, eigenvectors in NumPy.

    Args:
        step: `F`, maps `[..., N]` to `[..., N]`, each vector by itself.
        points: states, `[M, N]`.

    Returns:
        See `Linearization`.

    Raises:
        ValueError: if points have other axes.

    References:
        Strogatz (1994), Nonlinear dynamics and chaos, Perseus.

    Example:
        >>> near = linearize(lambda h: jnp.tanh(2 * h), jnp.zeros((1, 1)))
        >>> near.eigenvalues.tolist(), near.unstable.tolist()
        ([[(2+0j)]], [1])
    """
    points = jnp.asarray(points)
    if points.ndim != 2:
        raise ValueError(f"points must be [M, N]; got {points.shape}")
    after, slopes = _jacobians(as_pytree(step), points)
    j = np.asarray(slopes)
    # Of real matrices: real eigenvalues are so to the last bit, and others in conjugate pairs.
    values, right = (np.asarray(found, complex) for found in np.linalg.eig(j.astype(float)))
    order = _order(values)
    values = np.take_along_axis(values, order, -1)
    right = np.take_along_axis(right, order[:, None], -1)
    return Linearization(np.asarray(after - points), j, values, right, _left(j, values, right))


@jax.jit
def _jacobians(step: Callable[[Array], Array], points: Array) -> tuple[Array, Array]:
    return jacobians(step, points)


def _order(values: np.ndarray) -> np.ndarray:
    """Returns the order of eigenvalues by size; of a conjugate pair the one above comes first."""
    # Rounded: the two of a pair would be parted by their last bits.
    sizes, heights = np.round(np.abs(values), 12), np.round(np.imag(values), 12)
    return np.lexsort((-heights, -np.real(values), -sizes), axis=-1)


def _left(j: np.ndarray, values: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Returns the inverse of eigenvectors, NaN where what they make is not the Jacobian."""
    left = np.full_like(right, np.nan)
    for index, vectors in enumerate(right):
        try:
            inverse = np.linalg.inv(vectors)
        except np.linalg.LinAlgError:
            continue
        back = (vectors * values[index]) @ inverse
        if np.allclose(back, j[index], rtol=0, atol=1e-5 * (1 + np.abs(j[index]).max())):
            left[index] = inverse
    return left
