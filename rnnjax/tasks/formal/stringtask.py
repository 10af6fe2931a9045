"""What tasks share that read a string and then answer."""

import abc
import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array, Key


class Strings(NamedTuple):
    """A string and its answer; what comes after their ends may be anything.

    Attributes:
        symbols: whole numbers `[symbols_of(size)]`.
        answer: classes `[answers_of(size)]`.
        counts: boolean, as `answer`: which of them are judged; None for all.
    """

    symbols: Array
    answer: Array
    counts: Array | None = None


class StringTask(SizedTask):
    """Read a string of symbols, then answer.

    A sequence is the string, `pondering` silent steps for each of its symbols, and as many steps as
    the answer has; in these a symbol of its own asks for it. Inputs are one-hot: the symbols, the
    one that asks, and a silent one if there are such steps. With a string of three and an answer of
    two symbols, in which `?` asks:

        inputs   a b b ? ?
        targets  . . . a b      dots do not count

    Attributes:
        length: symbols of a string, the most in training.
        shortest: fewest symbols of a string in training, as in the paper one; none for strings that
            all have the most.
        alike: whether all strings of a batch have one length, another one in each batch, as in the
            paper.
        pondering: silent steps a symbol.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.
    """

    length: int = 40
    shortest: int | None = dataclasses.field(default=1, kw_only=True)
    pondering: int = dataclasses.field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses sizes that cannot be.

        Raises:
            ValueError: if `pondering` is negative; see also `SizedTask`.
        """
        super().__post_init__()
        if self.pondering < 0:
            raise ValueError(f"{self}: pondering must be 0 or more")

    @property
    def symbols(self) -> int:
        """How many different symbols strings have, by default zeros and ones."""
        return 2

    @property
    def classes(self) -> int:
        """How many different symbols answers have, by default those of strings."""
        return self.symbols

    def symbols_of(self, size: Array | int) -> Array | int:
        """Returns how many symbols a string of a size has, by default as many."""
        return size

    def answers_of(self, size: Array | int) -> Array | int:
        """Returns how many symbols an answer has, by default one."""
        del size
        return 1

    @abc.abstractmethod
    def string(self, key: Key, size: Array | int) -> Strings:
        """Draws a string of a size, padded to `length`, and its answer."""

    def chances(self, size: int) -> np.ndarray | None:
        """Returns how likely each symbol is at each place of an answer to a string of a size.

        By default all are equally likely.

        Returns:
            Probabilities `[answers_of(size), classes]`, or None if they are not known. The sum of a
            row is the probability that the place counts.

        Example:
            >>> from rnnjax.tasks import ReverseString
            >>> ReverseString().chances(size=2).tolist()
            [[0.5, 0.5], [0.5, 0.5]]
        """
        return np.full((int(self.answers_of(size)), self.classes), 1 / self.classes)

    @property
    def baseline(self) -> float | None:
        """The mean entropy of an answer's symbols, each given the string's size and its own place.

        That is the loss of the predictions `chances`: of a network that counts steps, and remembers
        no symbol. Without knowing the size the loss is the same or higher.
        """
        chances = [known for size in self.sizes if (known := self.chances(size)) is not None]
        if not chances:
            return None
        losses, counts = np.transpose([_entropy(each) for each in chances])
        # Where all strings of a batch have one length, the loss of each batch is a mean of its own.
        return float((losses / counts).mean() if self.alike else losses.sum() / counts.sum())

    @property
    def input_dim(self) -> int:
        """The symbols, the one that asks, and the silent one if there is one."""
        return self.symbols + 1 + (self.pondering > 0)

    @property
    def output_dim(self) -> int:
        """The classes of an answer's symbols."""
        return self.classes

    def steps_of(self, size: Array | int) -> Array | int:
        """Returns T: the string, the silent steps, and the answer."""
        return self.symbols_of(size) * (1 + self.pondering) + self.answers_of(size)

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence."""
        drawn = self.string(key, size)
        t = jnp.arange(self.steps_of(self.length))
        read = self.symbols_of(size)
        asked = read * (1 + self.pondering)
        text = jnp.pad(drawn.symbols, (0, len(t) - len(drawn.symbols)))
        silent, asks = self.symbols, self.input_dim - 1
        shown = jnp.where(t < read, text, jnp.where(t < asked, silent, asks))
        place = jnp.clip(t - asked, 0, len(drawn.answer) - 1)
        mask = (t >= asked) & (t < asked + self.answers_of(size))
        if drawn.counts is not None:
            mask &= drawn.counts[place]
        targets = jnp.where(mask, drawn.answer[place], 0)
        return Batch(jax.nn.one_hot(shown, self.input_dim), targets, mask)


def _entropy(chances: np.ndarray) -> tuple[float, float]:
    """Returns the sum over the places of an answer, in nats, and how many of them count."""
    counts = chances.sum(1, keepdims=True)
    ratio = np.divide(chances, counts, out=np.ones_like(chances), where=chances > 0)
    return float(-(chances * np.log(ratio)).sum()), float(counts.sum())
