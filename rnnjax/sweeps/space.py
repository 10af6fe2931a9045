"""What a sweep tries: its axes, as text and as values."""

import dataclasses
import math
import re
from collections.abc import Callable

MOST = 10_000  # values on an axis and points in a grid; more is a slip of the pen

_CALL = re.compile(r"(log|uniform|int|choice)\s*\((.*)\)", re.DOTALL)
_RANGE = re.compile(r"[-+.\d\s]*(:[-+.\d\s]*)+")
_TRUTHS = {"true": "true", "yes": "true", "false": "false", "no": "false"}


@dataclasses.dataclass(frozen=True)
class Choices:
    """Values one by one, each as it would stand after a flag's `=`.

    Example:
        >>> read_space("cell=LSTM,GRU")["cell"]
        Choices(values=('LSTM', 'GRU'))
    """

    values: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Uniform:
    """Every number from `low` to `high` alike.

    Example:
        >>> read_space("dropout=uniform(0, 0.5)")["dropout"]
        Uniform(low=0.0, high=0.5)
    """

    low: float
    high: float


@dataclasses.dataclass(frozen=True)
class LogUniform:
    """Every logarithm from that of `low` to that of `high` alike.

    Example:
        >>> read_space("learning_rate=log(1e-4, 1e-1)")["learning_rate"]
        LogUniform(low=0.0001, high=0.1)
    """

    low: float
    high: float


@dataclasses.dataclass(frozen=True)
class Integers:
    """Every whole number from `low` to `high`, both included, alike.

    Example:
        >>> read_space("hidden=int(16, 128)")["hidden"]
        Integers(low=16, high=128)
    """

    low: int
    high: int


Axis = Choices | Uniform | LogUniform | Integers


def read_space(text: str, parse: Callable[[str, str], object] | None = None) -> dict[str, Axis]:
    """Reads the axes of a sweep.

    Args:
        text: axes apart by `;`, each `name=values`. Values are a list apart by commas, in which
            `0:8` or `0:8:2` stands for whole numbers as in Python's `range`; or `choice(a, b)`,
            which is the same list; or `log(low, high)`, `uniform(low, high)` or `int(low, high)`
            for a distribution. Commas inside brackets belong to the value, which keeps its
            brackets: `cell=Stack((LSTM(8), GRU(8))), GRU` has two values, and so has
            `widths=(256,1024),512`, nets of two layers and of one.
        parse: says what a value of a list means, from the axis' name and the value's text, by
            something that can be hashed; two values that mean the same are a mistake. By default
            numbers and true, false, yes and no are known, in any spelling, and all else is what
            it says.

    Returns:
        The axes by name, in the order of the text.

    Raises:
        ValueError: if the text is anything else; the message is one line. What `parse` raises
            goes through.

    Example:
        >>> read_space("learning_rate=log(1e-4, 1e-1); seed=0:2")
        {'learning_rate': LogUniform(low=0.0001, high=0.1), 'seed': Choices(values=('0', '1'))}
        >>> read_space("widths=(256,1024),512")
        {'widths': Choices(values=('(256,1024)', '512'))}
        >>> read_space("bidirectional=true,false,True")
        Traceback (most recent call last):
        ...
        ValueError: bidirectional has the value true twice, also as True
    """
    space: dict[str, Axis] = {}
    for part in _split(text, ";"):
        name, equals, values = (word.strip() for word in part.partition("="))
        if not equals:
            raise ValueError(f"{part!r} has no =: an axis of a sweep reads name=values")
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise ValueError(f"{name!r} is no name: an axis of a sweep reads name=values")
        if name in space:
            raise ValueError(f"{name} has two axes: write all its values in one")
        axis = _read_axis(name, values)
        if isinstance(axis, Choices):
            _check_distinct(name, axis.values, parse or _meaning)
        space[name] = axis
    return space


def _read_axis(name: str, text: str) -> Axis:
    items = _split(text, ",")
    call = _CALL.fullmatch(items[0])
    if call is None or len(items) > 1:
        return _read_choices(name, items)
    kind, arguments = call[1], _split(call[2], ",")
    if kind == "choice":
        return _read_choices(name, arguments)
    make, number = _DISTRIBUTIONS[kind]
    if len(arguments) != 2:
        raise ValueError(f"{name}={text} needs two ends, as {kind}(1, 10)")
    low, high = (number(f"{name}={text}", argument) for argument in arguments)
    if low >= high:
        raise ValueError(f"{name}={text} is empty: its first end has to be below its second")
    if kind == "log" and low <= 0:
        raise ValueError(f"{name}={text} needs a first end above 0")
    return make(low, high)


def _read_choices(name: str, items: list[str]) -> Choices:
    values = []
    for item in items:
        if not item:
            raise ValueError(f"{name} has an empty value")
        if _CALL.fullmatch(item):
            raise ValueError(f"{name}: {item} cannot be one value of several")
        values += _read_range(name, item) if _RANGE.fullmatch(item) else [item]
        if len(values) > MOST:
            raise ValueError(f"{name} has more than {MOST:,} values")
    return Choices(tuple(values))


def _check_distinct(
    name: str, values: tuple[str, ...], parse: Callable[[str, str], object]
) -> None:
    seen: dict[object, str] = {}
    for value in values:
        meaning = parse(name, value)
        if meaning in seen:
            also = "" if seen[meaning] == value else f", also as {value}"
            raise ValueError(f"{name} has the value {seen[meaning]} twice{also}")
        seen[meaning] = value


def _read_range(name: str, text: str) -> list[str]:
    try:
        numbers = range(*map(int, text.split(":")))
    except (TypeError, ValueError):
        message = f"{name}={text} is no range: whole numbers as 0:8, or 0:8:2 for every second"
        raise ValueError(message) from None
    if not numbers:
        raise ValueError(f"{name}={text} is empty: the end of a range is excluded")
    if not -MOST <= (numbers.stop - numbers.start) // numbers.step <= MOST:  # `len` has a limit
        raise ValueError(f"{name}={text} has more than {MOST:,} values")
    return [str(number) for number in numbers]


def _float(place: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{place}: {text!r} is not a number") from None
    if not math.isfinite(value):
        raise ValueError(f"{place}: {text} is not a finite number")
    return value


def _int(place: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{place}: {text!r} is not a whole number") from None


_DISTRIBUTIONS: dict[str, tuple[Callable[..., Axis], Callable[[str, str], float]]] = {
    "log": (LogUniform, _float),
    "uniform": (Uniform, _float),
    "int": (Integers, _int),
}


def _meaning(name: str, value: str) -> object:
    """Returns what two texts of the same value share: 1e-3 is 0.001, and True is yes."""
    del name
    if value.lower() in _TRUTHS:
        return _TRUTHS[value.lower()]
    try:
        number = float(value)
    except ValueError:
        return value
    return value if math.isnan(number) else number  # NaN equals nothing, itself included


def _split(text: str, separator: str) -> list[str]:
    """Returns the parts of `text` between those separators that stand in no bracket."""
    parts, depth, begin = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if depth < 0:
            break
        if letter == separator and depth == 0:
            parts.append(text[begin:at].strip())
            begin = at + 1
    if depth:
        raise ValueError(f"{text.strip()!r} has a bracket without its other half")
    return [*parts, text[begin:].strip()]
