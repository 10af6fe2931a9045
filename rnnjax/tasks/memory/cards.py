"""What tasks share that deal cards and want one of them again."""

import dataclasses
import math
from typing import Literal

import jax.numpy as jnp

from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array, Key

_OF_A_SUIT = 13  # cards of a deck


class CardTask(SizedTask):
    """Cards are dealt, one a step; of each the suit is seen.

    They come from shuffled decks of 13 cards a suit, as few decks as are needed, so that a suit is
    a little less likely once it was seen; or suits are independent.

    Attributes:
        length: cards that are dealt, the most in training. The default is a deck without its last
            card.
        suits: how many there are.
        deal: "decks", or "independent" suits.
    """

    length: int = 51
    suits: int = 4
    deal: Literal["decks", "independent"] = dataclasses.field(default="decks", kw_only=True)

    def __post_init__(self) -> None:
        """Refuses cards that are all the same.

        Raises:
            ValueError: if there are fewer than two suits, or see `SizedTask`.
        """
        super().__post_init__()
        if self.suits < 2:
            raise ValueError(f"{self}: suits must be 2 or more")

    @property
    def input_dim(self) -> int:
        """The suits, one-hot."""
        return self.suits

    @property
    def output_dim(self) -> int:
        """The suits."""
        return self.suits

    @property
    def copies(self) -> int:
        """How many cards of a suit there are in all decks."""
        return _OF_A_SUIT * -(-self.length // (_OF_A_SUIT * self.suits))

    @property
    def uncertainty(self) -> float:
        """The entropy of the suit of another card than the one that is seen, in nats.

        Of `N` cards, `N / suits` a suit, one more of the same suit has a chance of
        `(N / suits - 1) / (N - 1)`, which is 12 of 51 for one deck, and each other suit 13 of 51.
        """
        if self.deal == "independent":
            return math.log(self.suits)
        others = self.copies * self.suits - 1
        same, other = (self.copies - 1) / others, self.copies / others
        return -same * math.log(same) - (self.suits - 1) * other * math.log(other)

    def dealt(self, key: Key) -> Array:
        """Draws the suits of the cards, `[length]`."""
        if self.deal == "independent":
            return below(draw_words(key, self.length), self.suits)
        order = jnp.argsort(draw_words(key, self.copies * self.suits))
        return order[: self.length] % self.suits
