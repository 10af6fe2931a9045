"""The symbols of a text and their numbers: a tokenizer by characters, words or bytes."""

import codecs
import functools
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np

from rnnjax.tasks.base import check_fields
from rnnjax.typing import Static

Unit = Literal["characters", "words", "bytes"]
UNKNOWN = "\ufffd"  # what stands for a symbol that is not in a vocabulary
_SIGNS = {"\n": "\u21b5", " ": "\u2423", "\t": "\u2192", UNKNOWN: UNKNOWN}
_WORD = re.compile(r"\n|[^\W_]+(?:['\u2019][^\W_]+)*|[^\w\s]|_")


class Vocabulary(Static):
    """Symbols of a text by their numbers, from 0.

    Number 0 is the unknown symbol, for those that were not in the text that it was made of. By
    bytes there are all 256, and none is unknown.

    Attributes:
        symbols: in the order of their numbers.
        unit: what a symbol is.

    Example:
        >>> vocabulary = Vocabulary.of("abba", "characters")
        >>> vocabulary.encode("bad").tolist(), vocabulary.decode([2, 1, 0])
        ([2, 1, 0], 'ba\ufffd')
    """

    symbols: tuple[str, ...]
    unit: Unit = "characters"

    def __post_init__(self) -> None:
        """Refuses what is no unit.

        Raises:
            ValueError: if it is none.
        """
        check_fields(self)

    @classmethod
    def of(cls, text: str, unit: Unit, most: int | None = None) -> "Vocabulary":
        """Returns the vocabulary of a text.

        Args:
            text: what is to be learned from.
            unit: "characters"; "words", which are words, numbers, signs and ends of lines, in lower
                case; or "bytes" of UTF-8.
            most: how many symbols at most, the most frequent ones; None for all.

        Raises:
            ValueError: if the text is empty, `most` below 2, or there is no such unit.
        """
        if not text:
            raise ValueError("a vocabulary needs a text; this one is empty")
        if most is not None and most < 2:
            raise ValueError(f"a vocabulary has 2 symbols or more; got most={most}")
        if unit == "bytes":
            return cls(tuple(map(chr, range(256))), unit)
        counts = Counter(_symbols_of(text, unit))
        kept = [symbol for symbol, _ in counts.most_common(None if most is None else most - 1)]
        return cls((UNKNOWN, *sorted(set(kept) - {UNKNOWN})), unit)

    def __len__(self) -> int:
        return len(self.symbols)

    @property
    def unknown(self) -> int | None:
        """The number of the unknown symbol; None by bytes, of which all are known."""
        return None if self.unit == "bytes" else 0

    @property
    def shown(self) -> tuple[str, ...]:
        r"""The symbols as a figure can show them: spaces and ends of lines by signs of their own.

        Example:
            >>> Vocabulary.of("a b\n", "characters").shown
            ('�', '↵', '␣', 'a', 'b')
        """
        return tuple(map(self._shown, self.symbols))

    def _shown(self, symbol: str) -> str:
        if len(symbol) > 1 or symbol in _SIGNS:  # a word, or one of those
            return _SIGNS.get(symbol, symbol)
        if self.unit == "bytes" and not (symbol.isascii() and symbol.isprintable()):
            return f"{ord(symbol):02x}"
        # Beyond, the usual letters for figures have no sign.
        return symbol if symbol.isprintable() and ord(symbol) < 0x250 else "\u25a1"

    def encode(self, text: str) -> np.ndarray:
        """Returns the numbers of a text's symbols, int32 `[N]`."""
        if self.unit == "bytes":
            return np.frombuffer(text.encode("utf-8", "surrogateescape"), np.uint8).astype(np.int32)
        if self.unit == "characters":
            points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
            return self._numbers_of_points[points]
        words = _symbols_of(text, self.unit)
        return np.array([self._numbers.get(word, 0) for word in words], np.int32)

    @functools.cached_property
    def _numbers(self) -> dict[str, int]:
        return {symbol: number for number, symbol in enumerate(self.symbols)}

    @functools.cached_property
    def _numbers_of_points(self) -> np.ndarray:
        """The numbers of all code points of Unicode: a table is fast also for long texts."""
        numbers = np.zeros(sys.maxunicode + 1, np.int32)
        numbers[list(map(ord, self.symbols))] = np.arange(len(self.symbols))
        return numbers

    def decode(self, numbers: Iterable[int]) -> str:
        """Returns the text of numbers; words are put apart by spaces."""
        return "".join(self.pieces(numbers))

    def pieces(self, numbers: Iterable[int], before: str = "") -> Iterator[str]:
        """Yields the text of numbers as they come, so that it can be shown piece by piece.

        Args:
            numbers: of symbols.
            before: the text that they go on with, from which the first word is put apart.
        """
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        line_begins = not before or before[-1].isspace()
        for number in map(int, numbers):
            if self.unit == "bytes":
                yield decoder.decode(bytes([number]))
                continue
            symbol = self.symbols[number]
            apart = self.unit == "words" and not line_begins and symbol != "\n"
            yield " " + symbol if apart else symbol
            line_begins = symbol == "\n"
        yield decoder.decode(b"", final=True)


def _symbols_of(text: str, unit: Unit) -> Iterator[str]:
    if unit == "characters":
        return iter(text)
    return (found[0] for found in _WORD.finditer(text.lower()))
