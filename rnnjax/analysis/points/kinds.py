"""What states do near points of slow motion."""

import numpy as np

from rnnjax.analysis.points.fixed_points import FixedPoints
from rnnjax.analysis.points.linearize import Linearization

STABLE, SLOW = "stable", "slow point"


def kinds_of(found: FixedPoints, near: Linearization) -> list[str]:
    """Names M points: "stable", "saddle, k unstable", "slow point".

    Stable is where all eigenvalues are below 1 in size; k of a saddle are above. A fixed point
    with nothing but growing directions is a saddle with N of them.

    Args:
        found: the points.
        near: their linearization.

    References:
        Sussillo & Barak (2013), Opening the black box, Neural Computation 25.

    Example:
        >>> import jax.numpy as jnp
        >>> from rnnjax.analysis import fixed_points, linearize
        >>> step = lambda h: jnp.tanh(2 * h)
        >>> found = fixed_points(step, jnp.array([[0.0], [1.0], [-1.0]]))
        >>> sorted(kinds_of(found, linearize(step, found.points)))
        ['saddle, 1 unstable', 'stable', 'stable']
    """
    pairs = zip(near.unstable.tolist(), found.fixed, strict=True)
    return [_kind(unstable) if fixed else SLOW for unstable, fixed in pairs]


def count_kinds(kinds: list[str]) -> dict[str, int]:
    """Counts the points of each kind: the stable ones first, then saddles by their directions.

    Example:
        >>> count_kinds(["slow point", "saddle, 2 unstable", "stable", "stable"])
        {'stable': 2, 'saddle, 2 unstable': 1, 'slow point': 1}
    """
    saddles = sorted((kind for kind in set(kinds) - {STABLE, SLOW}), key=unstable_in)
    return {kind: kinds.count(kind) for kind in (STABLE, *saddles, SLOW) if kind in kinds}


def unstable_in(kind: str) -> int:
    """Returns how many directions grow at a saddle, by its name.

    Example:
        >>> unstable_in("saddle, 2 unstable")
        2
    """
    return int(kind.split()[1]) if kind.startswith("saddle") else 0


def unstable_directions(near: Linearization, index: int) -> np.ndarray:
    """Returns the directions in which states leave a point, rows `[k, N]`.

    Of a growing mode that turns they are the two that span its plane, the real and the imaginary
    part of the eigenvector.

    Args:
        near: the linearization.
        index: which of its points.

    Example:
        >>> import jax.numpy as jnp
        >>> from rnnjax.analysis import linearize
        >>> near = linearize(lambda h: h * jnp.array([2.0, 0.5]), jnp.zeros((1, 2)))
        >>> np.abs(unstable_directions(near, 0)).tolist()
        [[1.0, 0.0]]
    """
    grows = np.flatnonzero(np.abs(near.eigenvalues[index]) > 1)
    rows = []
    for k in grows:
        vector, height = near.right[index][:, k], near.eigenvalues[index, k].imag
        if height == 0:
            rows.append(vector.real)
        elif height > 0:
            rows += [vector.real, vector.imag]
    return np.array(rows).reshape(-1, near.right.shape[-1])


def _kind(unstable: int) -> str:
    return f"saddle, {unstable} unstable" if unstable else STABLE
