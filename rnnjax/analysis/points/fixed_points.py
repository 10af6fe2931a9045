"""Fixed points and slow points of a network's step."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.points.energy import descend, kinetic_energy
from rnnjax.analysis.points.polish import polish
from rnnjax.analysis.vector_steps import as_pytree
from rnnjax.typing import Array

_LEAST = 1e-3  # the slope of |F(h) - h| below which a point that is none fixed is a minimum
_FARTHEST = 10.0  # from the mean of the starts, in their mean distance from it


class FixedPoints(NamedTuple):
    """Where a step moves states least.

    Attributes:
        points: states, `[M, N]`, in double precision where the starts are; the fixed ones first.
        q: their kinetic energies, `[M]`, see `kinetic_energy`.
        counts: how many starts ended at each, `[M]`.
        fixed: boolean `[M]`; False at slow points, the minima of `q` that are above the tolerance.

    Example:
        >>> found = fixed_points(lambda h: jnp.tanh(2 * h), jnp.linspace(-1, 1, 8)[:, None])
        >>> found.fixed.tolist()
        [True, True, True]
    """

    points: np.ndarray
    q: np.ndarray
    counts: np.ndarray
    fixed: np.ndarray


def fixed_points(
    step: Callable[[Array], Array],
    starts: Array,
    *,
    updates: int = 1000,
    learning_rate: float = 0.1,
    decay: float = 0.996,
    tolerance: float = 1e-12,
    slow: float = 0.0,
    unique: float = 1e-3,
) -> FixedPoints:
    """Finds fixed points `F(h) = h`, and slow points, from many starts at once.

    From each start `q(h) = |F(h) - h|^2 / 2` is lowered by Adam, then by damped Newton steps; both
    of all starts are one compiled call. Saddles are found like attractors. What is left then are
    minima of `q` that are not outliers, ten times as far from the mean of the starts as they are
    themselves; of those that are nearly the same the one of least `q`.

    In single precision `q` has a floor by rounding of about `2e-15 |h|^2`: use double, under
    `jax.enable_x64(True)`, to tell slow points from fixed ones.

    Args:
        step: `F`, maps `[..., N]` to `[..., N]`, each vector by itself; of a cell
            `constant_input(cell, params, x)`.
        starts: states, `[S, N]`, such as `draw_starts` returns.
        updates: of Adam.
        learning_rate: of its first update, in units of the state.
        decay: of the rate, a factor an update.
        tolerance: the `q` below which a point is fixed.
        slow: slow points are minima of `q` that are less than so many times the median `q` of the
            starts; 0 leaves them out.
        unique: points are the same if they are closer than this times the square root of N.

    Returns:
        What was found, by `q`; nothing is a table without rows.

    Raises:
        ValueError: if `starts` are not `[S, N]` with a start or more, or not finite and real.

    References:
        Sussillo & Barak (2013), Opening the black box: low-dimensional dynamics in high-dimensional
        recurrent neural networks, Neural Computation 25.
        Golub & Sussillo (2018), FixedPointFinder, Journal of Open Source Software 3.

    Example: the origin is one too, but these starts leave it.
        >>> found = fixed_points(lambda h: jnp.tanh(2 * h), jnp.array([[0.9], [-0.8], [2.0]]))
        >>> sorted(round(float(x), 4) for x in found.points[:, 0]), sorted(found.counts.tolist())
        ([-0.9575, 0.9575], [1, 2])
    """
    starts = jnp.asarray(starts)
    if starts.ndim != 2 or not len(starts):
        raise ValueError(f"starts are [S, N] with a start or more; got {starts.shape}")
    if not jnp.issubdtype(starts.dtype, jnp.floating) or not jnp.isfinite(starts).all():
        at = np.isfinite(starts).all(1).argmin()  # the first that is not
        some = starts[at : at + 1].tolist()
        raise ValueError(f"starts are finite real numbers; got {starts.dtype} {some}")
    settings = (updates, learning_rate, decay, tolerance)
    found = _search(as_pytree(step), starts, *settings)
    h, q, slope, usual = map(np.asarray, found)
    given = np.asarray(starts)
    distances = [np.linalg.norm(at - given.mean(0), axis=-1) for at in (h, given)]
    near = distances[0] < _FARTHEST * max(distances[1].mean(), unique * h.shape[-1] ** 0.5)
    minimum = (q <= tolerance) | ((slope < _LEAST) & (q < slow * usual))
    kept = np.flatnonzero(minimum & (near | (len(given) == 1)))
    first, counts = _distinct(h[kept], q[kept], unique * h.shape[-1] ** 0.5)
    kept = kept[first]
    return FixedPoints(h[kept], q[kept], counts, q[kept] <= tolerance)


@jax.jit
def _search(step: Callable[[Array], Array], starts: Array, *settings: Any) -> tuple[Array, ...]:
    """Returns where starts come to, `q` and its slope there, and the median `q` of the starts."""
    updates, learning_rate, decay, tolerance = settings
    h = descend(
        step,
        starts,
        updates=updates,
        learning_rate=learning_rate,
        decay=decay,
        tolerance=tolerance,
    )
    spread = jnp.linalg.norm(starts - starts.mean(0, keepdims=True), axis=-1).mean()
    # A longer Newton step than this would leave for another basin.
    reach = jnp.where(spread > 0, spread / 10, jnp.inf)
    h, slope = polish(step, h, reach=reach)
    return h, kinetic_energy(step, h), slope, jnp.median(kinetic_energy(step, starts))


def _distinct(points: np.ndarray, q: np.ndarray, distance: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns the indices of points that are apart, the least `q` first, and how many are near."""
    kept, counts, left = [], [], np.argsort(q, kind="stable")
    while len(left):
        same = np.linalg.norm(points[left] - points[left[0]], axis=-1) <= distance
        kept.append(left[0])
        counts.append(same.sum())
        left = left[~same]
    return np.array(kept, int), np.array(counts, int)
