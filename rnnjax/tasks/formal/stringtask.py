"""What tasks share that read a string and then answer."""

import abc
import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array, Key


class Strings(NamedTuple):
    """A string and its answer; what comes after their ends may be anything.

    Attributes:
        symbols: whole numbers `[size]`.
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
        shortest: the fewest, as in the paper one.
        pondering: silent steps a symbol.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.
        There all strings of a batch have one length.
    """

    length: int = 40
    shortest: int | None = dataclasses.field(default=1, kw_only=True)
    pondering: int = dataclasses.field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses sizes that cannot be.

        Raises:
            ValueError: if `pondering` is negative, or see `SizedTask`.
        """
        super().__post_init__()
        if self.pondering < 0:
            raise ValueError(f"{self}: pondering must be 0 or more")

    @property
    @abc.abstractmethod
    def symbols(self) -> int:
        """How many different symbols strings have."""

    @property
    @abc.abstractmethod
    def classes(self) -> int:
        """How many different symbols answers have."""

    def answers_of(self, size: Array | int) -> Array | int:
        """Returns how many symbols an answer has, by default one."""
        del size
        return 1

    @abc.abstractmethod
    def string(self, key: Key, size: Array | int) -> Strings:
        """Draws a string of a size, padded to `length`, and its answer."""

    @property
    def input_dim(self) -> int:
        """The symbols, the one that asks, and the silent one if there is one."""
        return self.symbols + 1 + (self.pondering > 0)

    @property
    def output_dim(self) -> int:
        """The classes of an answer's symbols."""
        return self.classes

    def steps_of(self, size: Array | int) -> Array | int:
        """Returns T: the string, what is pondered, and the answer."""
        return size * (1 + self.pondering) + self.answers_of(size)

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence."""
        drawn = self.string(key, size)
        t = jnp.arange(self.steps_of(self.length))
        asked = size * (1 + self.pondering)
        text = jnp.pad(drawn.symbols, (0, len(t) - len(drawn.symbols)))
        silent, asks = self.symbols, self.input_dim - 1
        shown = jnp.where(t < size, text, jnp.where(t < asked, silent, asks))
        place = jnp.clip(t - asked, 0, len(drawn.answer) - 1)
        mask = (t >= asked) & (t < asked + self.answers_of(size))
        if drawn.counts is not None:
            mask &= drawn.counts[place]
        targets = jnp.where(mask, drawn.answer[place], 0)
        return Batch(jax.nn.one_hot(shown, self.input_dim), targets, mask)
