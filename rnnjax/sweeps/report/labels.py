"""Texts along the axes of a figure, as many as there is room for."""

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rnnjax.sweeps.records import Sweep
from rnnjax.sweeps.report.scales import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FONT_SIZE = 8.5  # points
_LETTER = 0.64 * FONT_SIZE / 72  # inches, about
_GAP = 0.08  # inches between labels
_LINE = 1.25 * FONT_SIZE / 72  # inches from a line to the next
_SLANT = math.radians(50)
_SLANTED_LETTERS = 24  # of a line, or more where there is no room for another line
_MARGIN = 0.06  # of an axis, beyond its outermost points


def shorten(value: str) -> str:
    """Returns a value as a table shows it: a number of many digits with four of them.

    Example:
        >>> shorten("0.0033229473"), shorten("1e-3"), shorten("LSTM(128)")
        ('0.003323', '1e-3', 'LSTM(128)')
    """
    try:
        return value if len(value) <= 6 else f"{float(value):.4g}"
    except ValueError:
        return value


def name_settings(settings: dict[str, str], names: Sequence[str]) -> str:
    """Returns the settings that are named, in one line.

    Example:
        >>> name_settings({"cell": "LSTM", "hidden": "64", "seed": "0"}, ["cell", "hidden"])
        'cell=LSTM, hidden=64'
    """
    return ", ".join(f"{name}={shorten(settings[name])}" for name in names)


def name_result(sweep: Sweep) -> str:
    """Names what points are ranked by, as "validation accuracy"."""
    return f"{sweep.split} {sweep.metric}".replace("_", " ")


def name_run(sweep: Sweep) -> str:
    """Names what was run: the experiment, and its cell and its task where all points share them."""
    about = [sweep.fixed.get(name) for name in ("cell", "task") if name not in sweep.axes]
    words = ", ".join(word for word in about if isinstance(word, str) and word)
    return f"{sweep.experiment} ({words})" if words else sweep.experiment


def wrap(text: str, width: int) -> str:
    """Returns a text in lines of about `width` letters, broken after spaces and commas.

    What is longer than a line is broken after brackets as well.

    Example:
        >>> print(wrap("Stack((LSTM(128),GRU(64)))", 20))
        Stack((LSTM(128),
        GRU(64)))
    """
    parts = []
    for part in re.findall(r"[^\s,]+,*\s*", text):
        parts += [part] if len(part.rstrip()) <= width else re.findall(r"[^(]+\(*", part)
    lines = [""]
    for part in parts:
        if lines[-1] and len((lines[-1] + part).rstrip()) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


def round_numbers(low: float, high: float, is_log: bool) -> list[float]:
    """Returns some round numbers from `low` to `high`.

    Example:
        >>> round_numbers(0.1, 0.7, is_log=True), round_numbers(0.5, 4.1, is_log=False)
        ([0.1, 0.2, 0.5], [1.0, 2.0, 3.0, 4.0])
    """
    from matplotlib.ticker import LogLocator, MaxNLocator

    if is_log:
        parts = (1.0,) if high > 100 * low else (1.0, 2.0, 5.0)
        found = LogLocator(subs=parts, numticks=6).tick_values(low, high)
    else:
        found = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    slack = 1e-9 * (low if is_log else high - low)
    return [float(number) for number in found if low - slack <= number <= high + slack]


def format_number(number: float) -> str:
    """Returns a number as short as it can be written.

    Example:
        >>> [format_number(number) for number in (0.0001, 0.002, 0.1, 0.25, 1000.0)]
        ['1e-4', '2e-3', '0.1', '0.25', '1000']
    """
    plain, power = f"{number:g}", f"{number:.0e}".replace("e-0", "e-")
    return power if 0 < number < 1 and len(power) < len(plain) and float(power) == number else plain


def widen(low: float, high: float, is_log: bool, below: float, above: float) -> tuple[float, float]:
    """Returns the ends of an axis that reaches beyond its numbers by parts of their range.

    Example:
        >>> widen(0.1, 10.0, True, below=0.5, above=0.0)
        (0.01, 10.0)
    """
    if is_log:
        start, end = widen(math.log10(low), math.log10(high), False, below, above)
        return 10**start, 10**end
    length = high - low or abs(high) or 1.0
    return low - below * length, high + above * length


def lie_level(values: Sequence[str], inches: float) -> bool:
    """Says whether there is room for names side by side on an x axis of so many inches."""
    width = _letters(inches / len(values) - _GAP)
    return max(_longest(wrap(shorten(value), width)) for value in values) <= width


def label_names(panel: "Axes", values: Sequence[str], inches: float) -> float:
    """Puts names at 0, 1, 2, ... of an x axis of so many inches, slanted if they are too long.

    Returns:
        How many inches of height slanted labels take, about; 0 for others.
    """
    values = [shorten(value) for value in values]
    room, height, style = inches / len(values), 0.0, {}
    width = _letters(room - _GAP)
    if not lie_level(values, inches):
        lines = max(int(room * math.sin(_SLANT) / _LINE), 1)
        width = _SLANTED_LETTERS
        while max(wrap(value, width).count("\n") for value in values) >= lines:
            width += 1
        height = _LETTER * math.sin(_SLANT) * max(_longest(wrap(value, width)) for value in values)
        style = {"rotation": math.degrees(_SLANT), "rotation_mode": "anchor"}
        style |= {"ha": "right", "ma": "right"}
    texts = [wrap(value, width) for value in values]
    panel.set_xticks(range(len(values)), texts, fontsize=FONT_SIZE, **style)
    panel.set_xlim(-0.5, len(values) - 0.5)
    return height


def label_numbers(panel: "Axes", scale: Scale, inches: float) -> None:
    """Gives an x axis of so many inches the ends and the ticks of a scale of numbers."""
    assert scale.numbers is not None, "names have no numbers"
    ends = widen(scale.numbers[0], scale.numbers[-1], scale.is_log, _MARGIN, _MARGIN)
    if scale.is_list:  # what lies beside a value is seen whole
        beside = (scale.place(scale.values[0], -0.8), scale.place(scale.values[-1], 0.8))
        ends = (min(ends[0], beside[0]), max(ends[1], beside[1]))
    panel.set_xscale("log" if scale.is_log else "linear")
    panel.set_xlim(*ends)
    labels = [(number, format_number(number)) for number in round_numbers(*ends, scale.is_log)]
    if scale.is_list:
        labels = list(zip(scale.numbers, map(shorten, scale.values), strict=True))
    start, end = map(scale.bend, ends)
    kept, free = [], -math.inf  # where the last label ends
    for number, text in labels:
        centre = (scale.bend(number) - start) / (end - start) * inches
        half = len(text) * _LETTER / 2
        if centre - half >= free:
            kept.append((number, text))
            free = centre + half + _GAP
    panel.set_xticks(*zip(*kept, strict=True), fontsize=FONT_SIZE)
    panel.set_xticks([], minor=True)


def _letters(inches: float) -> int:
    return int(inches / _LETTER)


def _longest(text: str) -> int:
    return max(map(len, text.splitlines()))
