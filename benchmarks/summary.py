"""What timings come to."""

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from benchmarks.allocator import Allocator
from benchmarks.measure import Timing
from benchmarks.peers import OTHERS
from benchmarks.work import Work


class Spread(NamedTuple):
    """A median with quartiles."""

    low: float
    median: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the distance of the quartiles, relative to the median."""
        return (self.high - self.low) / 2 / self.median


def spread(values: Sequence[float]) -> Spread:
    """Returns median and quartiles; those of a single value are itself."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    return Spread(*statistics.quantiles(values, n=4, method="inclusive"))


def ratio(slow: Timing, fast: Timing) -> Spread:
    """Returns how many times as long `slow` took, round by round."""
    return spread([a / b for a, b in zip(slow.seconds, fast.seconds, strict=True)])


def geometric_mean(values: Iterable[float]) -> float:
    """Returns the mean of factors."""
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs))


Table = dict[tuple[Work, Allocator], dict[str, Timing]]


def table(timings: Iterable[Timing]) -> Table:
    """Sorts timings into rows, a piece of work with an allocator each, by peer."""
    rows: Table = {}
    for timing in timings:
        rows.setdefault((timing.work, timing.allocator), {})[timing.peer] = timing
    return rows


def best_other(row: dict[str, Timing]) -> Timing | None:
    """Returns the fastest of the other libraries, if any ran."""
    others = [row[name] for name in OTHERS if name in row and row[name].seconds]
    return min(others, key=lambda timing: statistics.median(timing.seconds), default=None)


def gain(row: dict[str, Timing], peer: str = "rnnjax") -> Spread | None:
    """Returns how many times as long the best other library takes as `peer`, if both ran."""
    best, own = best_other(row), row.get(peer)
    if best is None or own is None or not own.seconds:
        return None
    return ratio(best, own)
