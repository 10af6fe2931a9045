"""What tasks share that go on with a row of tokens, the last of which can be known."""

import abc
import dataclasses
from typing import Literal

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch, accuracy, remaining
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array, Key

_OTHERS = 2  # tokens "." and "=>"


class RecallTask(SizedTask):
    """Say at every step which token comes next; only the last one can be known.

    Tokens are numbers, "." and "=>", which asks. They are sorted as text, "." first and "=>" last:
    of `vocabulary=14` they are

        .  0  1  10  11  2  3  4  5  6  7  8  9  =>

    What counts in the loss is a choice to be named when figures are compared: some networks learn
    one such task from all tokens only, and another one from the last only. The accuracy is that of
    the last.

    Attributes:
        length: tokens before those that ask, the most in training.
        vocabulary: how many different tokens there are, "." and "=>" included.
        counts: "all" tokens, or the "last", in the loss.
    """

    length: int = 40
    vocabulary: int = 20
    counts: Literal["all", "last"] = dataclasses.field(default="all", kw_only=True)

    def __post_init__(self) -> None:
        """Refuses a vocabulary that leaves nothing to be said.

        Raises:
            ValueError: if there are fewer than four numbers; or see `SizedTask`.
        """
        super().__post_init__()
        if self.numbers < 4:
            raise ValueError(f"{self}: vocabulary must be {4 + _OTHERS} or more")

    @property
    def numbers(self) -> int:
        """How many tokens are numbers; they are classes 1 to `numbers`."""
        return self.vocabulary - _OTHERS

    @property
    def tokens(self) -> list[str]:
        """The tokens, in the order of their classes."""
        return [".", *sorted(map(str, range(self.numbers))), "=>"]

    @property
    def input_dim(self) -> int:
        """The vocabulary, one-hot."""
        return self.vocabulary

    @property
    def output_dim(self) -> int:
        """The vocabulary."""
        return self.vocabulary

    @abc.abstractmethod
    def row(self, key: Key, size: Array | int) -> Array:
        """Draws the tokens of a sequence and the one that comes last, `steps_of(length) + 1`."""

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence."""
        row = self.row(key, size)
        t = jnp.arange(len(row) - 1)
        last = self.steps_of(size) - 1
        mask = t == last if self.counts == "last" else t <= last
        return Batch(jax.nn.one_hot(row[:-1], self.vocabulary), row[1:], mask)

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The share of last tokens that are right."""
        last = batch.mask & (remaining(batch.mask) == 1)
        return {"accuracy": accuracy(outputs, batch.targets, last)}
