"""How the values of a setting lie along an axis of a figure."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from rnnjax.sweeps.records import Point, Sweep
from rnnjax.sweeps.space import Axis, Choices, Integers, LogUniform, Uniform, read_space

_FEW = 8  # values on an axis, each with a tick of its own


class Scale(NamedTuple):
    """A setting's values in order.

    Attributes:
        values: each once: numbers ascending, names in the order of their list.
        numbers: the same as numbers, None where they are names.
        is_log: whether numbers lie by their logarithm.
        is_list: whether they are few and were named one by one, not drawn from a range.
    """

    values: tuple[str, ...]
    numbers: tuple[float, ...] | None
    is_log: bool
    is_list: bool

    def bend(self, number: float) -> float:
        """Returns the number that lies in proportion: on a logarithmic scale log10."""
        return math.log10(number) if self.is_log else number

    def place(self, value: str, aside: float) -> float:
        """Returns where a value lies on an x axis: a number, or the place of a name from 0.

        Args:
            value: one of them.
            aside: how far beside it, where 1 is half of what lies between neighbours.
        """
        if self.numbers is None:
            return self.values.index(value) + aside / 2
        bent = [self.bend(number) for number in self.numbers]
        gaps = np.diff(bent)
        place = self.bend(float(value)) + aside / 2 * (gaps.min() if len(gaps) else 0.0)
        return float(10**place if self.is_log else place)


def setting_scales(sweep: Sweep, names: Sequence[str], points: Sequence[Point]) -> dict[str, Scale]:
    """Returns the scale of each setting that is named, for the values that points have of it."""
    try:
        space: Mapping[str, Axis] = read_space(sweep.text)
    except ValueError:
        space = {}  # the sweep was not made by a text: values tell
    return {name: make_scale([p.settings[name] for p in points], space.get(name)) for name in names}


def make_scale(values: Sequence[str], axis: Axis | None = None) -> Scale:
    """Returns the scale of a setting's values: of numbers if all are.

    Args:
        values: as texts.
        axis: what they were drawn from. Numbers of a list, or where that is not known, lie by
            their logarithm if that spaces them more evenly.

    Example:
        >>> make_scale(["1e-2", "1e-4", "1e-3"]).numbers
        (0.0001, 0.001, 0.01)
    """
    texts = list(dict.fromkeys(values))
    if isinstance(axis, Choices):
        order = {value: place for place, value in enumerate(axis.values)}
        texts.sort(key=lambda text: order.get(text, len(order)))
    is_list = len(texts) <= _FEW and not isinstance(axis, Uniform | LogUniform | Integers)
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        return Scale(tuple(texts), None, False, is_list)
    if not all(map(math.isfinite, numbers)):
        return Scale(tuple(texts), None, False, is_list)
    texts = [text for _, text in sorted(zip(numbers, texts, strict=True))]
    numbers.sort()
    match axis:
        case LogUniform():
            is_log = True
        case Uniform() | Integers():
            is_log = False
        case _:
            is_log = _lies_by_logarithm(numbers)
    return Scale(tuple(texts), tuple(numbers), is_log, is_list)


def _lies_by_logarithm(numbers: Sequence[float]) -> bool:
    """Says whether the gaps between ascending numbers vary less in their logarithms."""
    if numbers[0] <= 0 or numbers[-1] < 4 * numbers[0]:
        return False
    plain, logs = np.diff(numbers), np.diff(np.log(numbers))
    return bool(np.std(logs) / np.mean(logs) < np.std(plain) / np.mean(plain))
