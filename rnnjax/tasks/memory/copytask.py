"""What tasks share that want symbols again when a marker asks for them."""

import math
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.draws import below
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array


class CopyTask(SizedTask):
    """Symbols are seen among blanks, and wanted again, in order, once a marker has asked for them.

    Class 0 is the blank, the alphabet follows, and then the marker.
    """

    if TYPE_CHECKING:  # a subclass has them as fields, in an order and with defaults of its own
        symbols: int = 10
        alphabet: int = 8

    def __post_init__(self) -> None:
        """Refuses sequences without anything to guess.

        Raises:
            ValueError: if there is no symbol, or the alphabet has fewer than two; see `SizedTask`.
        """
        super().__post_init__()
        if self.symbols < 1:
            raise ValueError(f"{self}: symbols must be 1 or more")
        if self.alphabet < 2:
            raise ValueError(f"{self}: alphabet must be 2 or more")

    @property
    def input_dim(self) -> int:
        """The alphabet, the blank and the marker, one-hot."""
        return self.alphabet + 2

    @property
    def output_dim(self) -> int:
        """The alphabet and the blank."""
        return self.alphabet + 1

    @property
    def baseline(self) -> float:
        """`ln(alphabet)`: a symbol that counts is a guess out of all."""
        return math.log(self.alphabet)

    def message(self, words: Array) -> Array:
        """Returns symbols made of random words, classes `[symbols]`."""
        return 1 + below(words[: self.symbols], self.alphabet)

    def wanting(
        self, shown: Array, message: Array, first: Array | int, count: Array | int
    ) -> Batch:
        """Returns the sequence in which `count` symbols of a message are wanted from a step on.

        Args:
            shown: classes `[T]`.
            message: what is wanted, classes `[symbols]`.
            first: the step in which the first of it is.
            count: how many of it.
        """
        place = jnp.arange(len(shown)) - first
        mask = (place >= 0) & (place < count)
        wanted = message[jnp.clip(place, 0, len(message) - 1)]
        return Batch(jax.nn.one_hot(shown, self.input_dim), jnp.where(mask, wanted, 0), mask)
