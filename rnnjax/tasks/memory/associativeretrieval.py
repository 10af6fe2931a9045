"""Associative retrieval: the digit that a letter has."""

import math

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.draws import below, distinct, draw_words
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array, Key

_LETTERS, _DIGITS = 26, 10
_ASKS = _LETTERS + _DIGITS


class AssociativeRetrieval(SizedTask):
    """Say which digit came after a letter.

    Different letters, each with a digit, then two question marks and one of the letters:

        c 9 k 8 j 3 f 1 ? ? c      wanted at the last step: 9

    Inputs are one-hot: a to z, 0 to 9, and the question mark. Who remembers the digits and not
    whose they are says the most frequent one and is right in 0.384 of the sequences if there are
    four, in 0.300 if there are eight.

    Attributes:
        pairs: letters with a digit, the most in training.

    References:
        Ba et al. (2016), Using fast weights to attend to the recent past, NeurIPS,
        arXiv:1610.06258, section 4.1.

    Example:
        >>> batch = AssociativeRetrieval(3).sample(jax.random.key(0), batch_size=1)
        >>> letters = "abcdefghijklmnopqrstuvwxyz0123456789?"
        >>> "".join(letters[i] for i in batch.inputs[:, 0].argmax(-1)), batch.targets[-1, 0].item()
        ('b2d2g8??b', 2)
    """

    pairs: int = 4

    size_field = "pairs"

    def __post_init__(self) -> None:
        """Refuses more pairs than there are letters.

        Raises:
            ValueError: if there are more than 26, or see `SizedTask`.
        """
        super().__post_init__()
        if self.pairs > _LETTERS:
            raise ValueError(f"{self}: pairs must be {_LETTERS} or fewer")

    def steps_of(self, size: Array | int) -> Array | int:
        """Returns T, `2 * pairs + 3`."""
        return 2 * size + 3

    @property
    def input_dim(self) -> int:
        """Letters, digits and the question mark, one-hot."""
        return _ASKS + 1

    @property
    def output_dim(self) -> int:
        """The digits."""
        return _DIGITS

    @property
    def baseline(self) -> float:
        """`ln 10`: the letter alone says nothing of its digit."""
        return math.log(_DIGITS)

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence."""
        words = draw_words(key, 3 * self.pairs + 1)
        letters = distinct(words[: 2 * self.pairs], _LETTERS)
        digits = below(words[2 * self.pairs : -1], _DIGITS)
        asked = below(words[-1], size)
        shown = jnp.stack([letters, _LETTERS + digits], axis=1).reshape(-1)
        shown = jnp.pad(shown, (0, 3))
        ending = jnp.stack([jnp.full_like(asked, _ASKS)] * 2 + [letters[asked]])
        shown = jax.lax.dynamic_update_slice(shown, ending, (2 * size,))
        t = jnp.arange(len(shown))
        targets = jnp.broadcast_to(digits[asked], t.shape)
        return Batch(jax.nn.one_hot(shown, _ASKS + 1), targets, t == 2 * size + 2)
