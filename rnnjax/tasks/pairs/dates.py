"""Dates as people write them, and in one form."""

import datetime
import functools
import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.pairs.pairtask import END, Pair, PairTask, numbers_of
from rnnjax.typing import Array, Key

# As strftime has them; %-d is a day without a zero in front.
FORMATS = (
    "%-m/%-d/%y",
    "%b %-d, %Y",
    "%B %-d, %Y",
    "%A, %B %-d, %Y",
    "%-d %b %Y",
    "%-d %B %Y",
    "%d %b %Y",
    "%-d %b, %Y",
    "%-d %B, %Y",
    "%d, %b %Y",
    "%-d %m %y",
    "%B %-d %Y",
    "%d.%m.%y",
)
_WEEKDAYS = "monday,tuesday,wednesday,thursday,friday,saturday,sunday"
_MONTHS = "january,february,march,april,may,june,july,august,september,october,november,december"
_EPOCH = datetime.date(1970, 1, 1).toordinal()
_TARGET_SYMBOLS = ".-0123456789"
_NOTHING = -1  # in the place of a symbol


class Dates(PairTask):
    """Read a date as people write it, and write it as year, month and day.

        source   thursday, january 1, 1970      or   1 jan 1970, 1/1/70, 01.01.70, ...
        wanted   1970-01-01.                    the dot stands for the end

    Days are drawn from all those of the years, and formats from all formats, each as likely. All is
    in lower case. A day is kept from training in all formats.

    Attributes:
        first_year: of the first day.
        last_year: of the last day; less than a hundred years later, so that two digits tell a year.
        formats: as `time.strftime` has them, of `%A %a %B %b %d %-d %m %-m %Y %y` and signs.

    References:
        Ahmed (2017), Attention in Keras, github.com/datalogue/keras-attention, whose formats these
        are, in English (there in all languages, and in lower, upper or mixed case, with years
        from 1970 on).

    Example:
        >>> import jax
        >>> task = Dates()
        >>> batch = task.sample(jax.random.key(2), batch_size=1)
        >>> task.source_text(batch.inputs[:, 0], batch.steps[:, 0])
        'september 16, 2007'
        >>> task.target_text(batch.targets[:, 0])
        '2007-09-16'
    """

    first_year: int = 1970
    last_year: int = 2029
    formats: tuple[str, ...] = FORMATS

    def __post_init__(self) -> None:
        """Refuses years that their last two digits do not tell apart, and unknown formats.

        Raises:
            ValueError: if `last_year` is not in the hundred years from `first_year`, or a format is
                empty or has an unknown code.
        """
        super().__post_init__()
        if not 1 <= self.first_year <= self.last_year <= 9999:
            raise ValueError(
                f"Dates: last_year must be from first_year to 9999; got {self.first_year} to "
                f"{self.last_year}"
            )
        if self.last_year >= self.first_year + 100:
            raise ValueError(
                f"Dates: last_year must be less than 100 years after first_year; got "
                f"{self.first_year} to {self.last_year}"
            )
        if not (self.formats and all(self.formats)):
            raise ValueError(
                f"Dates: formats must be one or more, and none of them empty; got {self.formats!r}"
            )
        known = _texts(self.first_year, self.last_year)
        for text in self.formats:
            for piece in _pieces(text):
                if piece.startswith("%") and piece not in known:
                    raise ValueError(
                        f"Dates: {piece!r} in format {text!r} is unknown; there are "
                        f"{' '.join(known)}"
                    )

    @property
    def source_alphabet(self) -> str:
        """All symbols that dates in the formats may have, in the order of their codes."""
        return _sources(self).alphabet

    @property
    def source_length(self) -> int:
        """The longest date in the longest format."""
        return _sources(self).length

    @property
    def target_alphabet(self) -> str:
        """The end, the hyphen, and the digits."""
        return _TARGET_SYMBOLS

    @property
    def target_length(self) -> int:
        """As 2024-02-29 and its end have."""
        return 11

    @property
    def baseline(self) -> float:
        """The loss without reading the date: the entropy of a day, `ln days`, per symbol."""
        first, last = self._days
        return math.log(last + 1 - first) / self.target_length

    @property
    def _days(self) -> tuple[int, int]:
        """The first and the last day, counted from 1970-01-01."""
        first, last = datetime.date(self.first_year, 1, 1), datetime.date(self.last_year, 12, 31)
        return first.toordinal() - _EPOCH, last.toordinal() - _EPOCH

    def draw(self, key: Key) -> Array:
        """Draws a day and a format."""
        first, last = self._days
        counts = jnp.array([last + 1 - first, len(self.formats)])
        return below(draw_words(key, 2), counts) + np.array([first, 0])

    def group(self, numbers: Array) -> Array:
        """Returns the day."""
        return numbers[:1]

    def spell(self, numbers: Array) -> Pair:
        """Returns the date in its format, and in the other form."""
        day, form = numbers
        year, month, day_of_month = civil(day)
        at = jnp.stack(
            [year - self.first_year, month - 1, day_of_month - 1, (day + 3) % 7, 0 * day]
        )
        source, steps = _write(_sources(self), form, at)
        target, _ = _write(_targets(self), 0, at)
        target = jnp.append(target, END)
        return Pair(source, steps, target, jnp.ones(self.target_length, bool))

    def read(self, text: str) -> tuple[np.ndarray, np.ndarray | None]:
        """Returns the numbers of a date in any case; see `PairTask`."""
        return super().read(text.lower())


def civil(day: Array) -> tuple[Array, Array, Array]:
    """Returns year, month and day of a day that is counted from 1970-01-01.

    Years are counted from March, so that a leap day is the last of its year, in eras of 400 years.

    References:
        Hinnant (2013), chrono-compatible low-level date algorithms,
        howardhinnant.github.io/date_algorithms.html.

    Example:
        >>> [int(number) for number in civil(jnp.array(11_016))]
        [2000, 2, 29]
    """
    day = day + 719_468  # from 0000-03-01
    era, day = day // 146_097, day % 146_097
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    day = day - (365 * year + year // 4 - year // 100)
    month = (5 * day + 2) // 153  # from March
    day = day - (153 * month + 2) // 5 + 1
    return year + 400 * era + (month >= 10), (month + 2) % 12 + 1, day


class _Formats(NamedTuple):
    """Formats as tables, so that dates are written by indexing.

    A format is a row of pieces, each a code, such as `%B`, or what stands between codes. The texts
    of a piece, such as twelve names, follow one another in `texts`.

    Attributes:
        alphabet: the symbols.
        length: of the longest date.
        texts: the numbers of the symbols of all texts, `[N, W]`, `_NOTHING` after their ends.
        begin: the row of `texts` in which those of each piece begin, `[formats, P]`.
        place: the place in `at`, see `_write`, of the number by which one of them is chosen,
            `[formats, P]`.
    """

    alphabet: str
    length: int
    texts: np.ndarray
    begin: np.ndarray
    place: np.ndarray


def _write(formats: _Formats, form: Array | int, at: Array) -> tuple[Array, Array]:
    """Writes a date.

    Args:
        formats: the tables.
        form: which of them.
        at: year, month, day and weekday, each counted from the first one, and 0.

    Returns:
        The numbers of its symbols `[length]`, and where there are any.
    """
    rows = jnp.asarray(formats.begin)[form] + at[jnp.asarray(formats.place)[form]]
    found = jnp.asarray(formats.texts)[rows].ravel()
    there = found != _NOTHING
    t = jnp.arange(formats.length)
    here = there[None] & (there.cumsum()[None] - 1 == t[:, None])  # closes the gaps
    return jnp.where(here, found[None], 0).sum(1), t < there.sum()


def _texts(first_year: int, last_year: int) -> dict[str, tuple[int, Sequence[str]]]:
    """Returns for each code the place in `at` of what it shows, and the texts for that."""
    years = range(first_year, last_year + 1)
    weekdays, months = _WEEKDAYS.split(","), _MONTHS.split(",")
    return {
        "%Y": (0, [f"{year:04d}" for year in years]),
        "%y": (0, [f"{year % 100:02d}" for year in years]),
        "%B": (1, months),
        "%b": (1, [month[:3] for month in months]),
        "%m": (1, [f"{month:02d}" for month in range(1, 13)]),
        "%-m": (1, [f"{month}" for month in range(1, 13)]),
        "%d": (2, [f"{day:02d}" for day in range(1, 32)]),
        "%-d": (2, [f"{day}" for day in range(1, 32)]),
        "%A": (3, weekdays),
        "%a": (3, [weekday[:3] for weekday in weekdays]),
    }


def _pieces(text: str) -> list[str]:
    """Cuts a format into codes and what stands between them."""
    return re.findall(r"(?s)%-?.?|[^%]+", text)


@functools.cache
def _sources(task: Dates) -> _Formats:
    return _formats(task, task.formats)


@functools.cache
def _targets(task: Dates) -> _Formats:
    return _formats(task, ("%Y-%m-%d",), _TARGET_SYMBOLS)


def _formats(task: Dates, formats: tuple[str, ...], alphabet: str | None = None) -> _Formats:
    known = _texts(task.first_year, task.last_year)
    cut = [_pieces(text) for text in formats]
    used = {piece: known.get(piece, (4, [piece.lower()])) for pieces in cut for piece in pieces}
    used[""] = (4, [""])  # fills up formats of few pieces
    if alphabet is None:
        alphabet = "".join(
            sorted({s for _, texts in used.values() for text in texts for s in text})
        )
    flat = [text for _, texts in used.values() for text in texts]
    table = np.full((len(flat), max(map(len, flat))), _NOTHING, np.int32)
    for row, text in zip(table, flat, strict=True):
        row[: len(text)] = numbers_of(text, alphabet)
    begins = np.cumsum([0, *(len(texts) for _, texts in used.values())])
    begin = dict(zip(used, begins, strict=False))
    count = max(map(len, cut))
    cut = [[*pieces, *[""] * (count - len(pieces))] for pieces in cut]
    return _Formats(
        alphabet,
        max(sum(max(map(len, used[piece][1])) for piece in pieces) for pieces in cut),
        table,
        np.array([[begin[piece] for piece in pieces] for pieces in cut]),
        np.array([[used[piece][0] for piece in pieces] for pieces in cut]),
    )
