"""Which settings matter, by the variance that they explain."""

from collections.abc import Sequence

import numpy as np

from rnnjax.sweeps.records import Sweep
from rnnjax.sweeps.report.fanova import explained_variances
from rnnjax.sweeps.report.scales import Scale, setting_scales

FEWEST = 4  # points
_PARTS = 64  # of a range, in each of which one number stands for all


def importances(sweep: Sweep) -> dict[str, float]:
    """Returns the share of the results' variance that each setting explains by itself.

    A forest of regression trees is fitted to the finished points, its variance taken apart by
    setting, see `explained_variances`, and the shares of single settings made to sum to one. A
    setting on a logarithmic scale counts by its logarithm, and so does a loss that spans more than
    a decade, so that the worst points do not decide alone. The seed is left out: what it does is
    noise.

    Args:
        sweep: the sweep.

    Returns:
        Shares by setting, the most important first; nothing where fewer than two settings vary,
        fewer than `FEWEST` points have a result, or no setting explains anything by itself.
    """
    points = sorted(sweep.finished(), key=lambda point: point.number)
    results = np.array([sweep.result(point) for point in points])
    names = sweep.varied(points)
    if len(names) < 2 or len(points) < FEWEST or np.ptp(results) == 0:
        return {}
    response = np.log(results) if sweep.is_logarithmic else results
    scales = setting_scales(sweep, names, points)
    factors = [_columns(s, [p.settings[name] for p in points]) for name, s in scales.items()]
    variances = explained_variances(factors, response, list(map(_domain, scales.values())))
    if variances.sum() <= 1e-6 * np.var(response):
        return {}  # settings matter together alone, if at all
    shares = dict(zip(names, (variances / variances.sum()).tolist(), strict=True))
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _columns(scale: Scale, values: Sequence[str]) -> np.ndarray:
    """Returns values as a forest sees them, `[values, columns]`: from 0 to 1, or one of many."""
    if scale.numbers is None:
        return np.eye(len(scale.values))[[scale.values.index(value) for value in values]]
    low, high = scale.bend(scale.numbers[0]), scale.bend(scale.numbers[-1])
    length = (high - low) or 1.0
    return np.array([[(scale.bend(float(value)) - low) / length] for value in values])


def _domain(scale: Scale) -> np.ndarray:
    """Returns all values of a list, or numbers evenly over a range."""
    if scale.numbers is None or scale.is_list:
        return _columns(scale, scale.values)
    return (np.arange(_PARTS)[:, None] + 0.5) / _PARTS
