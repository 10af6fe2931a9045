"""Addition of numbers that are written with characters."""

import functools
import itertools
import re
from collections.abc import Iterable

import jax.numpy as jnp
import numpy as np

from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.pairs.pairtask import END, Pair, PairTask, numbers_of
from rnnjax.typing import Array, Key

_SYMBOLS = " +0123456789"
_PLUS, _ZERO = 1, 2  # numbers of symbols


class Addition(PairTask):
    """Read two numbers with a plus between them, and write their sum; all as characters.

    A number has one to `digits` digits, each length as likely, and each digit as well; zeros in
    front vanish. A query has `2 digits + 1` characters, with spaces after it, and is read
    backward, so that the spaces come first and the last digit after them; a sum has `digits + 1`
    characters, with spaces after it. With three digits:

        query    ␣ 1 6 + 5 3 5      that is 535+61, backward
        wanted   5 9 6 ␣

    A space ends a sum. A pair of numbers is kept from training in both orders.

    Attributes:
        digits: of each number, the most, up to 6.
        reverse: whether queries are read backward.
        equal: whether both numbers have exactly `digits` digits, the first not zero.
        padding: whether all spaces after a sum count, not only the first, which ends it.

    References:
        Zaremba & Sutskever (2014), Learning to execute, arXiv:1410.4615 (numbers as characters; as
        there with `equal=True`, `reverse=False`, `padding=False`, the program around them left
        out).
        Chollet et al. (2015), Keras, examples/addition_rnn.py (this form, to 99 % of characters
        with two to five digits; there no character that was written is read again).

    Example:
        >>> import jax
        >>> task = Addition(digits=3)
        >>> batch = task.sample(jax.random.key(4), batch_size=1)
        >>> task.source_text(batch.inputs[:, 0])
        '315+878'
        >>> task.target_text(batch.targets[:, 0])
        '1193'
    """

    digits: int = 3
    reverse: bool = True
    equal: bool = False
    padding: bool = True

    def __post_init__(self) -> None:
        """Refuses numbers that cannot be.

        Raises:
            ValueError: if `digits` is not from 1 to 6.
        """
        super().__post_init__()
        if not 1 <= self.digits <= 6:
            raise ValueError(f"{self}: digits must be from 1 to 6")

    @property
    def source_alphabet(self) -> str:
        """A space, the plus, and the digits."""
        return _SYMBOLS

    @property
    def target_alphabet(self) -> str:
        """The same."""
        return _SYMBOLS

    @property
    def source_length(self) -> int:
        """Two numbers and a plus."""
        return 2 * self.digits + 1

    @property
    def target_length(self) -> int:
        """One digit more than a number, as 99 + 99 has."""
        return self.digits + 1

    @property
    def baseline(self) -> float:
        """The loss without reading the query: the entropy of a sum per character that counts."""
        return _sum_entropy(self)

    def draw(self, key: Key) -> Array:
        """Draws two numbers."""
        words = draw_words(key, 4)
        shortest = self.digits if self.equal else 1
        lengths = shortest + below(words[:2], self.digits - shortest + 1)
        powers = 10 ** jnp.arange(self.digits + 1)
        least = powers[lengths - 1] if self.equal else 0
        return least + below(words[2:], powers[lengths] - least)

    def group(self, numbers: Array) -> Array:
        """Returns the numbers, the lesser first."""
        return jnp.sort(numbers)

    def spell(self, numbers: Array) -> Pair:
        """Returns the query, and the sum."""
        (a, b), i = numbers, jnp.arange(self.source_length)
        length = _digits(a)
        after = _written(b, i - length - 1)
        query = jnp.where(i < length, _written(a, i), jnp.where(i == length, _PLUS, after))
        i = jnp.arange(self.target_length)
        target = _written(a + b, i)
        mask = (i <= _digits(a + b)) | self.padding
        query = query[::-1] if self.reverse else query
        return Pair(query, None, target, mask)

    def read(self, text: str) -> tuple[np.ndarray, None]:
        """Returns the query of a text such as "535+61".

        Raises:
            ValueError: if it is no sum of two numbers, or of longer ones.
        """
        numbers = numbers_of(text, _SYMBOLS)
        if not re.fullmatch(rf"\d{{1,{self.digits}}}\+\d{{1,{self.digits}}}", text):
            most = "9" * self.digits
            raise ValueError(f"{self} reads two numbers up to {most}, as 1+{most}; got {text!r}")
        query = np.pad(numbers, (0, self.source_length - len(numbers)))
        return query[::-1] if self.reverse else query, None

    def source_text(self, numbers: Iterable[int], steps: Iterable[bool] | None = None) -> str:
        """Returns the text of a query, forward and without spaces."""
        text = super().source_text(numbers, steps)
        return (text[::-1] if self.reverse else text).strip()


def _digits(number: Array) -> Array:
    """Returns how many digits a number has."""
    return 1 + (number >= 10 ** jnp.arange(1, 8)).sum()


def _written(number: Array, places: Array) -> Array:
    """Returns the symbols at some places of a written number, a space after its end."""
    power = 10 ** jnp.clip(_digits(number) - 1 - places, 0, 7)
    return jnp.where(places < _digits(number), number // power % 10 + _ZERO, END)


@functools.cache
def _sum_entropy(task: Addition) -> float:
    """Returns the entropy of a sum in nats, divided by the characters that count on average."""
    total = np.arange(2 * 10**task.digits - 1)
    chances = np.zeros(len(total))
    # For each pair of lengths: how many pairs of such numbers have which sum.
    lengths = range(task.digits if task.equal else 1, task.digits + 1)
    ranges = [(10 ** (n - 1) if task.equal else 0, 10**n) for n in lengths]
    for (a_low, a_high), (b_low, b_high) in itertools.product(ranges, repeat=2):
        a_count, b_count, rest = a_high - a_low, b_high - b_low, total - a_low - b_low
        least = np.minimum(
            np.minimum(rest, a_count + b_count - 2 - rest), min(a_count, b_count) - 1
        )
        chances += np.maximum(least + 1, 0) / (a_count * b_count * len(ranges) ** 2)
    characters = np.full(len(total), task.digits + 1)
    if not task.padding:
        written = 1 + (total[:, None] >= 10 ** np.arange(1, task.digits + 1)).sum(1)
        characters = np.minimum(characters, written + 1)
    there = chances[chances > 0]
    return float(-(there @ np.log(there)) / (chances @ characters))
