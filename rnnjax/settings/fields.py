"""Fields of frozen dataclasses as text, as flags and files have them, and back."""

import dataclasses
import inspect
import math
import re
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from rnnjax.text import lost_in_single


class Between(NamedTuple):
    """The least and the largest that a number may be; `Annotated[int, Between(1, 10)]`.

    Attributes:
        low: the least.
        high: the largest.
        open_low: whether `low` itself is excluded.
        open_high: whether `high` itself is excluded.

    Example:
        >>> 0 in Between(0, 1), 0 in Between(0, 1, open_low=True), str(Between(0, 1))
        (True, False, 'at least 0 and at most 1')
    """

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int | float) or number in (math.inf, -math.inf):
            return False
        low = self.low < number if self.open_low else self.low <= number
        return low and (number < self.high if self.open_high else number <= self.high)

    def __str__(self) -> str:
        bounds = [("above" if self.open_low else "at least", self.low)]
        bounds.append(("below" if self.open_high else "at most", self.high))
        said = [f"{word} {bound:,.12g}" for word, bound in bounds if math.isfinite(bound)]
        return " and ".join(said) or "any"


POSITIVE = Between(0, open_low=True)
CHANCE = Between(0, 1, open_high=True)


class Field(NamedTuple):
    """A field as text.

    Attributes:
        name: of the field and its flag.
        default: its value where nothing is said.
        help: what it is, in a sentence.
        kind: the type of its values; of a choice `str`.
        optional: whether "none" is a value.
        choices: the values there are, for a choice.
        within: bounds of a number.
    """

    name: str
    default: Any
    help: str
    kind: type
    optional: bool = False
    choices: tuple[str, ...] | None = None
    within: Between = Between()

    def parse(self, text: str) -> Any:
        """Returns the value that a text spells.

        Raises:
            ValueError: if it spells none; the message says what would.

        Example:
            >>> Field("rate", 0.1, "", float, within=Between(0)).parse("1e-3")
            0.001
        """
        if self.optional and text.strip().lower() == "none":
            return None
        if self.choices is not None:
            if text not in self.choices:
                raise ValueError(f"value should be one of <{'|'.join(self.choices)}>")
            return text
        try:
            value = _PARSERS[self.kind](text)
        except ValueError:
            raise ValueError(f"{text} is not {self._wanted}") from None
        numbers = value if isinstance(value, tuple) else (value,)
        if isinstance(value, float):
            if said := lost_in_single(value):
                raise ValueError(said)
            # Nor may it be rounded to an end that is open, as 0.999999999 is to 1.
            numbers = (value, min(max(float(np.float32(value)), self.within.low), self.within.high))
        if self.kind in (int, float, tuple) and not all(n in self.within for n in numbers):
            raise ValueError(f"{text} is not {self._wanted}")
        return value

    def format(self, value: Any) -> str:
        """Returns the text that spells a value."""
        if value is None:
            return "none"
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, tuple):
            return ",".join(map(str, value))
        return repr(value) if isinstance(value, float) else str(value)

    @property
    def _wanted(self) -> str:
        bounds = "" if self.within == Between() else f", {self.within}"
        return f"{_KINDS[self.kind]}{bounds}{', or none' if self.optional else ''}"


_KINDS: dict[type, str] = {
    int: "a whole number",
    float: "a finite number",
    bool: "true or false",
    str: "a text",
    tuple: "whole numbers apart by commas",
}


def _whole(text: str) -> int:
    if not re.fullmatch(r"\s*[-+]?\d+\s*", text):
        raise ValueError(text)
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _truth(text: str) -> bool:
    word = text.strip().lower()
    if word in ("true", "t", "1", "yes"):
        return True
    if word in ("false", "f", "0", "no"):
        return False
    raise ValueError(text)


def _wholes(text: str) -> tuple[int, ...]:
    inner = text.strip().removeprefix("(").removesuffix(")")
    return tuple(_whole(word) for word in inner.strip(", ").split(","))


_PARSERS: dict[type, Callable[[str], Any]] = {
    int: _whole,
    float: _number,
    bool: _truth,
    str: str,
    tuple: _wholes,
}


def fields_of(kind: type, value: Any = None) -> dict[str, Field]:
    """Returns the fields of a dataclass that can be said in text, by name.

    Numbers, truth values, texts, `Literal` choices and tuples of whole numbers, or None beside
    them, are; bounds and a sentence may stand in `Annotated`, else the sentence is that of the
    class's docstring, below `Attributes:`.

    Args:
        kind: the class.
        value: an instance, whose values are the defaults; else the class's own are.

    Example:
        >>> from rnnjax.tasks import Adding
        >>> field = fields_of(Adding)["length"]
        >>> field.default, field.parse("20")
        (100, 20)
    """
    hints = typing.get_type_hints(kind, include_extras=True)
    helps = _attributes(kind)
    found = {}
    for field in dataclasses.fields(kind):
        default = field.default if value is None else getattr(value, field.name)
        read_as = _read_hint(hints[field.name])
        if read_as is not None and default is not dataclasses.MISSING:
            base, optional, choices, within, said = read_as
            text = said or helps.get(field.name, "")
            found[field.name] = Field(
                field.name, default, text, base, optional, choices, within or Between()
            )
    return found


def _read_hint(hint: Any) -> tuple | None:
    within = said = None
    if typing.get_origin(hint) is typing.Annotated:
        hint, *notes = typing.get_args(hint)
        within = next((note for note in notes if isinstance(note, Between)), None)
        said = next((note for note in notes if isinstance(note, str)), None)
    optional = False
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        arms = [arm for arm in typing.get_args(hint) if arm is not type(None)]
        optional = len(arms) < len(typing.get_args(hint))
        if len(arms) != 1:
            return None
        hint = arms[0]
    choices = None
    if typing.get_origin(hint) is Literal:
        choices, hint = tuple(typing.get_args(hint)), str
    if typing.get_origin(hint) is tuple and set(typing.get_args(hint)) <= {int, ...}:
        hint = tuple
    return (hint, optional, choices, within, said) if hint in _PARSERS else None


def _attributes(kind: type) -> dict[str, str]:
    """Reads the sentences of the fields from the docstrings of a class and those it inherits."""
    found: dict[str, str] = {}
    for cls in reversed(kind.__mro__):
        doc = inspect.cleandoc(cls.__doc__ or "")
        part = re.search(r"^Attributes:\n((?:[ ]{4}.*\n?|\n)+)", doc, re.MULTILINE)
        if part:
            text = inspect.cleandoc(part[1])
            for name, said in re.findall(r"^(\w+): ((?:.|\n(?=\s))+)", text, re.MULTILINE):
                said = " ".join(said.split())
                found[name] = said[:1].upper() + said[1:]
    return found
