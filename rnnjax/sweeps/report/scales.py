"""How the values of a setting, or of a metric, lie along an axis of a figure."""

import itertools
import math
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rnnjax.training.curves import spans_decade

_FEW = 8  # that many different numbers get a tick each


class Scale(NamedTuple):
    """An axis from 0 to 1.

    Attributes:
        values: what is on it, each once: numbers ascending, names in the order they came.
        numbers: the same as numbers, None where they are names.
        is_log: whether numbers lie by their logarithm.
    """

    values: tuple[str, ...]
    numbers: tuple[float, ...] | None
    is_log: bool

    @property
    def has_few(self) -> bool:
        """Whether there is room for each value."""
        return self.numbers is None or len(self.values) <= _FEW

    def place(self, value: str) -> float:
        """Returns where a value lies."""
        if self.numbers is None:
            return self.values.index(value) / max(len(self.values) - 1, 1)
        return self.place_number(float(value))

    def place_number(self, number: float) -> float:
        """Returns where a number lies, below 0 and above 1 beyond the ends."""
        assert self.numbers is not None, "names have no numbers"
        low, high = self._bend(self.numbers[0]), self._bend(self.numbers[-1])
        return (self._bend(number) - low) / (high - low) if high > low else 0.5

    def ticks(self) -> list[tuple[float, str]]:
        """Returns places with their labels: each value of a few, round numbers of many."""
        if self.has_few:
            return [(self.place(value), shorten(value)) for value in self.values]
        found = self._round_numbers()
        places = [(self.place_number(number), f"{number:g}") for number in found]
        return [(place, label) for place, label in places if -1e-9 <= place <= 1 + 1e-9]

    def bins(self, most: int) -> list[tuple[str, list[str]]]:
        """Returns the values by bins, each with its label: one a value if they are few enough."""
        if self.numbers is None or self.has_few:
            return [(shorten(value), [value]) for value in self.values]
        low, high = self._bend(self.numbers[0]), self._bend(self.numbers[-1])
        edges = np.linspace(low, high, most + 1)
        edges = 10**edges if self.is_log else edges
        members: list[list[str]] = [[] for _ in range(most)]
        for value in self.values:
            members[min(int(self.place(value) * most), most - 1)].append(value)
        labels = [f"{a:.2g} to {b:.2g}" for a, b in itertools.pairwise(edges)]
        return list(zip(labels, members, strict=True))

    def _bend(self, number: float) -> float:
        return math.log10(number) if self.is_log else number

    def _round_numbers(self) -> Sequence[float]:
        from matplotlib.ticker import LogLocator, MaxNLocator

        assert self.numbers is not None, "names have no numbers"
        low, high = self.numbers[0], self.numbers[-1]
        if not self.is_log:
            return [float(tick) for tick in MaxNLocator(6).tick_values(low, high)]
        parts = (1.0,) if high > 100 * low else (1.0, 2.0, 5.0)
        return [float(tick) for tick in LogLocator(subs=parts).tick_values(low, high)]


def make_scale(values: Sequence[str]) -> Scale:
    """Returns the scale of a setting's values: of numbers if all are."""
    texts = list(dict.fromkeys(values))
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        return Scale(tuple(texts), None, False)
    if not all(map(math.isfinite, numbers)):
        return Scale(tuple(texts), None, False)
    texts = [text for _, text in sorted(zip(numbers, texts, strict=True))]
    numbers.sort()
    return Scale(tuple(texts), tuple(numbers), _lies_by_logarithm(numbers))


def make_metric_scale(values: Sequence[float], higher_is_better: bool) -> Scale:
    """Returns the scale of a metric's finite values; a loss over more than a decade bends."""
    numbers = tuple(sorted(values))
    is_log = spans_decade(numbers) and not higher_is_better
    return Scale(tuple(map(repr, numbers)), numbers, is_log)


def _lies_by_logarithm(numbers: Sequence[float]) -> bool:
    """Says whether the gaps between ascending numbers vary less in their logarithms."""
    if numbers[0] <= 0 or numbers[-1] < 4 * numbers[0]:
        return False
    plain, logs = np.diff(numbers), np.diff(np.log(numbers))
    return bool(np.std(logs) / np.mean(logs) < np.std(plain) / np.mean(plain))


def shorten(value: str) -> str:
    """Returns a value as a table shows it: a number of many digits with four of them."""
    try:
        return value if len(value) <= 6 else f"{float(value):.4g}"
    except ValueError:
        return value


def name_settings(settings: dict[str, str], names: Sequence[str]) -> str:
    """Returns the settings that are named, in one line."""
    return ", ".join(f"{name}={shorten(settings[name])}" for name in names)


def wrap(text: str, width: int) -> str:
    """Returns a text in lines of about `width` letters, broken at spaces and after commas."""
    spaced = ", ".join(part.strip() for part in text.split(","))
    return textwrap.fill(spaced, width, break_long_words=False) if len(text) > width else text
