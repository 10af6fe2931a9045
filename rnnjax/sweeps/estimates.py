"""Means over seeds, and how sure they are."""

import math
from collections.abc import Sequence
from typing import NamedTuple

_MOST_EXPONENT = 700.0  # exp of more is no float


class Estimate(NamedTuple):
    """A mean of independent values with its 95 % confidence interval.

    Attributes:
        mean: arithmetic or geometric.
        interval: how far the interval reaches to both sides: what is added, or the factor of a
            geometric mean. None for a mean of one value.
        geometric: whether the mean is geometric.

    Example:
        >>> Estimate(0.5, 0.25, geometric=False).ends
        (0.25, 0.75)
        >>> Estimate(0.5, 2.0, geometric=True).ends
        (0.25, 1.0)
    """

    mean: float
    interval: float | None
    geometric: bool = False

    @property
    def ends(self) -> tuple[float, float]:
        """The interval's two ends, NaN where there is none."""
        if self.interval is None:
            return math.nan, math.nan
        if self.geometric:
            return self.mean / self.interval, self.mean * self.interval
        return self.mean - self.interval, self.mean + self.interval


def mean_and_interval(values: Sequence[float], *, geometric: bool = False) -> Estimate | None:
    """Returns the mean of independent values and how far its 95 % confidence interval reaches.

    For n values of mean m and sample variance s², the sum of squared deviations over n - 1, the
    interval is m ± t s / √n, where t is the 0.975 quantile of Student's distribution with n - 1
    degrees of freedom. A geometric mean is exp of the mean of logarithms, and so are the ends of
    its interval: for losses over decades, where m - t s / √n would lie below zero.

    Args:
        values: finite numbers, above zero for a geometric mean.
        geometric: which mean to take.

    Returns:
        The mean with t s / √n, or with its exp, which is a factor; without for a single value.
        None for no values.

    Raises:
        ValueError: if values have no geometric mean.

    References:
        Student (1908), The probable error of a mean, Biometrika 6.

    Example:
        >>> print("{0.mean:.2f} ± {0.interval:.2f}".format(mean_and_interval([1.0, 2.0, 3.0])))
        2.00 ± 2.48
        >>> mean = mean_and_interval([0.01, 0.1, 1.0], geometric=True)
        >>> print(f"{mean.mean:.2f} ×/÷ {mean.interval:.0f}")
        0.10 ×/÷ 305
    """
    if not geometric:
        return _mean_and_interval(values)
    if min(values, default=1.0) <= 0:
        raise ValueError(f"no geometric mean: {min(values)} is not above zero")
    logs = _mean_and_interval([math.log(value) for value in values])
    if logs is None:
        return None
    factor = None if logs.interval is None else math.exp(min(logs.interval, _MOST_EXPONENT))
    return Estimate(math.exp(logs.mean), factor, geometric=True)


def _mean_and_interval(values: Sequence[float]) -> Estimate | None:
    from scipy.special import stdtrit

    count = len(values)
    if not count:
        return None
    mean = math.fsum(values) / count
    if count == 1:
        return Estimate(mean, None)
    deviation = math.sqrt(math.fsum((v - mean) * (v - mean) for v in values) / (count - 1))
    return Estimate(mean, float(stdtrit(count - 1, 0.975)) * deviation / math.sqrt(count))
