"""What tasks share whose answer is made of the symbols that were read."""

import abc

from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.formal.stringtask import Strings, StringTask
from rnnjax.typing import Array, Key


class Rearrangement(StringTask):
    """Say the symbols of a string in another order; each is drawn out of an alphabet.

    Attributes:
        alphabet: how many different symbols there are.
    """

    alphabet: int = 2

    def __post_init__(self) -> None:
        """Refuses an alphabet in which there is nothing to tell apart.

        Raises:
            ValueError: if `alphabet` is below 2, or see `StringTask`.
        """
        super().__post_init__()
        if self.alphabet < 2:
            raise ValueError(f"{self}: alphabet must be 2 or more")

    @property
    def symbols(self) -> int:
        """The alphabet."""
        return self.alphabet

    def answers_of(self, size: Array | int) -> Array | int:
        """Returns `size`."""
        return size

    @abc.abstractmethod
    def rearranged(self, text: Array, size: Array | int) -> Array:
        """Returns the answer to `text`, of which the first `size` symbols count."""

    def string(self, key: Key, size: Array | int) -> Strings:
        """Draws a string of symbols that are equally likely."""
        text = below(draw_words(key, self.length), self.alphabet)
        return Strings(text, self.rearranged(text, size))
