"""Principal components of states."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class PrincipalComponents(NamedTuple):
    """The axes along which states vary most.

    Attributes:
        mean: of the states, `[N]`.
        axes: rows of length 1, orthogonal, the most variance first, `[N, N]`.
        variances: along each, `[N]`.

    Example:
        >>> found = principal_components([[0.0, 0.0], [2.0, 0.0]])
        >>> found.project([[2.0, 5.0]], 1).tolist()
        [[1.0]]
    """

    mean: np.ndarray
    axes: np.ndarray
    variances: np.ndarray

    def project(self, points: npt.ArrayLike, count: int) -> np.ndarray:
        """Returns states `[..., N]` in the first components, `[..., count]`."""
        return self.directions(np.asarray(points) - self.mean, count)

    def directions(self, vectors: npt.ArrayLike, count: int) -> np.ndarray:
        """Returns differences of states, such as eigenvectors: their mean is not taken off."""
        return np.asarray(vectors) @ self.axes[:count].T

    @property
    def shares(self) -> np.ndarray:
        """The share of the variance that each has, `[N]`."""
        return self.variances / max(self.variances.sum(), np.finfo(float).tiny)


def principal_components(states: npt.ArrayLike) -> PrincipalComponents:
    """Returns the principal components of states, over whatever axes they have.

    The sign of an axis is that in which its largest entry is positive.

    Args:
        states: `[..., N]`, two or more.

    Raises:
        ValueError: if there are fewer.

    References:
        Jolliffe (2002), Principal component analysis, Springer.

    Example:
        >>> found = principal_components([[0.0, -1.0], [0.0, 1.0]])
        >>> found.variances.tolist(), found.axes[0].tolist()
        ([2.0, 0.0], [0.0, 1.0])
    """
    flat = np.asarray(states, float)
    flat = flat.reshape(-1, flat.shape[-1])
    if len(flat) < 2:
        raise ValueError(f"components are of two states or more; got {np.shape(states)}")
    mean = flat.mean(0)
    variances, axes = np.linalg.eigh(np.atleast_2d(np.cov(flat.T)))
    axes = axes[:, ::-1].T
    largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1)
    return PrincipalComponents(mean, axes * np.sign(largest), np.maximum(variances[::-1], 0))
