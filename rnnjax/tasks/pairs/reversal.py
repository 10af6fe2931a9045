"""Reversal: a word, written backward."""

import math
import string

import jax.numpy as jnp

from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.pairs.pairtask import END, Pair, PairTask
from rnnjax.typing import Array, Key


class Reversal(PairTask):
    """Read a word, and write it backward.

        word   r e c u r
        wanted r u c e r .      the dot stands for the end

    Lengths are uniform, and so are letters, which are independent. Of a word of n letters the last
    one is wanted one step after it was read, and the first one after `2 n - 1` steps. All parts
    have the same lengths and differ in words: it is no `SizedTask`, with a test on longer ones and
    a curriculum, as `ReverseString` is.

    Attributes:
        length: letters of a word, the most.
        shortest: the fewest.
        letters: how many different ones, up to the 26 from a to z.

    References:
        Sutskever, Vinyals & Le (2014), Sequence to sequence learning with neural networks, NeurIPS,
        arXiv:1409.3215 (the network that reads all before it writes; sources in reverse).

    Example:
        >>> import jax
        >>> task = Reversal(5, shortest=5)
        >>> batch = task.sample(jax.random.key(0), batch_size=1)
        >>> task.source_text(batch.inputs[:, 0], batch.steps[:, 0])
        'egmzo'
        >>> task.target_text(batch.targets[:, 0])
        'ozmge'
    """

    length: int = 10
    shortest: int = 1
    letters: int = 26

    def __post_init__(self) -> None:
        """Refuses words that cannot be.

        Raises:
            ValueError: if not `1 <= shortest <= length` and `1 <= letters <= 26`.
        """
        super().__post_init__()
        if not 1 <= self.shortest <= self.length:
            raise ValueError(f"{self}: shortest must be from 1 to length, {self.length}")
        if not 1 <= self.letters <= 26:
            raise ValueError(f"{self}: letters must be from 1 to 26")

    @property
    def source_alphabet(self) -> str:
        """The letters."""
        return string.ascii_lowercase[: self.letters]

    @property
    def target_alphabet(self) -> str:
        """The end, and the letters."""
        return f".{self.source_alphabet}"

    @property
    def source_length(self) -> int:
        """The longest word."""
        return self.length

    @property
    def target_length(self) -> int:
        """The longest word, and its end."""
        return self.length + 1

    @property
    def baseline(self) -> float:
        """The loss without reading the word: the entropy of a word per symbol of a target.

        That is `ln(length - shortest + 1)` for the length and `ln letters` for each letter, divided
        by the mean number of letters and one for the end.
        """
        mean = (self.shortest + self.length) / 2
        lengths = math.log(self.length - self.shortest + 1)
        return (lengths + mean * math.log(self.letters)) / (mean + 1)

    def draw(self, key: Key) -> Array:
        """Draws a length, and letters; zero after them."""
        words = draw_words(key, 1 + self.length)
        length = self.shortest + below(words[:1], self.length - self.shortest + 1)
        letters = below(words[1:], self.letters)
        return jnp.append(length, jnp.where(jnp.arange(self.length) < length, letters, 0))

    def spell(self, numbers: Array) -> Pair:
        """Returns the word, and its letters from the last to the first."""
        length, letters = numbers[0], numbers[1:]
        t = jnp.arange(self.length + 1)
        backward = letters[jnp.clip(length - 1 - t, 0)] + 1
        target = jnp.where(t < length, backward, END)
        return Pair(letters, t[:-1] < length, target, t <= length)
