"""Associative recall: what belongs to a key."""

import dataclasses
import math

import jax
import jax.numpy as jnp

from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.memory.pooled import pooled
from rnnjax.tasks.memory.recalltask import RecallTask
from rnnjax.typing import Array, Key


class AssociativeRecall(RecallTask):
    """Say the value of a key, which was beside it before.

    Pairs of a key and its value come first, then "=>" and one of the keys. Keys are the first half
    of the numbers, sorted as text, and values the second: of 18 numbers "0", "1", "10" to "16", and
    "17", "2" to "9". Each key of a sequence has one value, and may come more than once.

        inputs   0  17 10 3  0  17 => 10
        targets  17 10 3  0  17 => 10 3

    An odd length is one less.

    Attributes:
        absent: whether the key that is asked for may have been absent; then "." is wanted.

    References:
        Fu et al. (2023), Hungry hungry hippos, ICLR, arXiv:2212.14052; Poli et al. (2023), Hyena
        hierarchy, ICML, arXiv:2302.10866 (the form of their published code; `absent` is its
        `allow_dot`). It trains on 5,000 sequences, all tokens counting, and tests the last; a small
        version has `length=20, vocabulary=10`.

    Example:
        >>> task = AssociativeRecall(6)
        >>> batch = task.sample(jax.random.key(3), batch_size=1)
        >>> " ".join(task.tokens[i] for i in batch.inputs[:, 0].argmax(-1))
        '12 2 12 2 15 3 => 15'
        >>> task.tokens[batch.targets[-1, 0]]
        '3'
    """

    absent: bool = dataclasses.field(default=False, kw_only=True)

    @property
    def smallest(self) -> int:
        """A pair."""
        return 2

    @property
    def keys(self) -> int:
        """How many numbers are keys, the first ones; the others are values."""
        return self.numbers // 2

    def steps_of(self, size: Array | int) -> Array | int:
        """Returns T: the pairs, and two tokens that ask."""
        return size // 2 * 2 + 2

    @property
    def baseline(self) -> float:
        """The logarithm of how many values there are; of all tokens, the mean.

        Keys and values are guesses, but for the "=>" after the pairs, and the last one is a value
        or, if it may, a ".", with the chance that its key is in none of the pairs.
        """
        key, value = math.log(self.keys), math.log(self.numbers - self.keys)

        def losses(size: int) -> tuple[float, float]:
            pairs = size // 2
            last = value
            if self.absent:
                ln_absent = pairs * math.log1p(-1 / self.keys)
                absent = math.exp(ln_absent)
                there = 1 - absent
                last = there * (value - math.log(there)) - absent * ln_absent
            if self.counts == "last":
                return last, 1
            return pairs * (key + value) + last, 2 * pairs + 2

        return pooled(self, losses)

    def row(self, key: Key, size: Array | int) -> Array:
        """Draws pairs, "=>", a key and its value."""
        words, pairs = draw_words(key, 2 * self.keys + self.length // 2), size // 2
        values = self.keys + below(words[: self.keys], self.numbers - self.keys)
        chance = words[self.keys : 2 * self.keys]
        keys = below(words[2 * self.keys :], self.keys)
        there = jnp.zeros(self.keys, int).at[keys].add(jnp.arange(len(keys)) < pairs) > 0
        asked = jnp.where(there | self.absent, chance, 0).argmax()
        answer = jnp.where(there[asked], 1 + values[asked], 0)
        row = 1 + jnp.stack([keys, values[keys]], axis=1).reshape(-1)
        ending = jnp.stack([jnp.full_like(asked, self.vocabulary - 1), 1 + asked, answer])
        row = jnp.pad(row, (0, len(ending)))
        return jax.lax.dynamic_update_slice(row, ending.astype(row.dtype), (2 * pairs,))
