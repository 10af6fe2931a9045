"""What eigenvalues do not say: growth before decay."""

import numpy as np
import numpy.typing as npt


def henrici_departure(matrices: npt.ArrayLike) -> np.ndarray:
    """Returns how far matrices are from normal, `sqrt(|J|_F^2 - sum |lambda|^2)`: 0 is normal.

    Args:
        matrices: `[..., N, N]`.

    Returns:
        `[...]`, in the units of the matrix.

    References:
        Henrici (1962), Bounds for iterates, inverses, spectral variation and fields of values of
        non-normal matrices, Numerische Mathematik 4.

    Example:
        >>> henrici_departure([[0.5, 3.0], [0.0, 0.5]]).item()
        3.0
    """
    j = np.asarray(matrices)
    sizes = np.sum(np.abs(np.linalg.eigvals(j)) ** 2, -1)
    return np.sqrt(np.maximum(np.sum(np.abs(j) ** 2, (-2, -1)) - sizes, 0))


def transient_growth(matrices: npt.ArrayLike, steps: int) -> np.ndarray:
    """Returns the most that a perturbation can have grown after k steps, `|J^k|_2`.

    Above 1 it grows for a while, also where all eigenvalues are below 1.

    Args:
        matrices: `[..., N, N]`.
        steps: the last k.

    Returns:
        `[steps + 1, ...]`, from `k = 0`, where it is 1.

    Raises:
        ValueError: if `steps` is below 0.

    References:
        Trefethen & Embree (2005), Spectra and pseudospectra, Princeton.

    Example:
        >>> transient_growth([[0.0, 3.0], [0.0, 0.0]], 2).tolist()
        [1.0, 3.0, 0.0]
    """
    j = np.asarray(matrices)
    if steps < 0:
        raise ValueError(f"steps must be 0 or more; got {steps}")
    power = np.broadcast_to(np.eye(j.shape[-1], dtype=j.dtype), j.shape)
    norms = []
    for _ in range(steps + 1):
        norms.append(np.linalg.norm(power, 2, axis=(-2, -1)))
        power = power @ j
    return np.stack(norms)
