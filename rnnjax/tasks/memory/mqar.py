"""Multi-query associative recall."""

import dataclasses
import math

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.draws import below, distinct, draw_words
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array, Key


class MQAR(SizedTask):
    """Say the values of keys, whenever one of them comes again.

    Pairs of a key and its value come first; then each key comes once more, in any order, and its
    value is wanted at that step, but never shown. All else is 0. With two pairs:

        inputs   2 8 4 7 0 0 4 0 0 0 0 0 2 0 0 0
        targets  . . . . . . 7 . . . . . 8 . . .      dots do not count

    Keys are whole numbers from 1 to `vocabulary / 2 - 1`, values those from there to
    `vocabulary - 1`; no two keys of a sequence are the same, and no two values. After the pairs
    each key is at an even number of steps, in a place of its own; early places are much likelier:
    the `g`-th has a weight of `g**(power - 1)`. Inputs are whole numbers, to be embedded.

    Who remembers the values, but not whose they are, has a loss of `ln(pairs)`.

    Attributes:
        length: steps of a sequence, the most in training.
        pairs: of a key and a value.
        vocabulary: how many whole numbers there are.
        power: how late keys come again; 1 makes all places equally likely.
        passes: how often the pairs are shown, one pass after another.
        noise: whether random whole numbers are shown instead of 0.

    References:
        Arora et al. (2023), Zoology: measuring and improving recall in efficient language models,
        arXiv:2312.04927 (the form of its published code; the easiest setting of its figure 2, the
        others have `length=128, pairs=8`, `length=256, pairs=16` and `length=512, pairs=64`).
        Arora et al. (2024), Just read twice, arXiv:2407.05483 (`passes`).

    Example:
        >>> batch = MQAR(16, pairs=2, vocabulary=32).sample(jax.random.key(0), batch_size=1)
        >>> batch.inputs[:, 0].tolist()
        [4, 26, 14, 17, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 14, 0]
        >>> batch.targets[:, 0].tolist()
        [0, 0, 0, 0, 26, 0, 0, 0, 0, 0, 0, 0, 0, 0, 17, 0]
    """

    embedded = True

    length: int = 64
    pairs: int = 4
    vocabulary: int = 8192
    power: float = dataclasses.field(default=0.01, kw_only=True)
    passes: int = dataclasses.field(default=1, kw_only=True)
    noise: bool = dataclasses.field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses pairs for which there is no room.

        Raises:
            ValueError: if there is no pair or no pass of them, or too few whole numbers, or too few
                steps for each key to come again; or see `SizedTask`.
        """
        for name in ("pairs", "passes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{self}: {name} must be 1 or more")
        super().__post_init__()
        if self.vocabulary // 2 - 1 < self.pairs:
            raise ValueError(f"{self}: vocabulary must be {2 * self.pairs + 2} or more")

    @property
    def smallest(self) -> int:
        """Two steps for each pair in each pass, and two for when its key comes again."""
        return 2 * self.pairs * (self.passes + 1)

    @property
    def input_dim(self) -> int:
        """The vocabulary, embedded."""
        return self.vocabulary

    @property
    def output_dim(self) -> int:
        """The vocabulary."""
        return self.vocabulary

    @property
    def baseline(self) -> float:
        """The logarithm of how many values there are, half the vocabulary."""
        return math.log(self.vocabulary - self.vocabulary // 2)

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence."""
        half, shown = self.vocabulary // 2, 2 * self.pairs * self.passes
        words = draw_words(key, 4 * self.pairs + 2 * self.length)
        first, second = words[: 4 * self.pairs].reshape(2, -1)
        keys = 1 + distinct(first, half - 1)
        values = half + distinct(second, self.vocabulary - half)
        # The places with the greatest u**(1 / weight) are a draw without replacement.
        place = jnp.arange((self.length - shown) // 2)
        u = (words[-len(place) :].astype(float) + 0.5) * 2.0**-32
        ranks = jnp.log(u) * (place + 1.0) ** (1 - self.power)
        ranks = jnp.where(place < (size - shown) // 2, ranks, -jnp.inf)
        asked = shown + 2 * jax.lax.top_k(ranks, self.pairs)[1]
        nothing = jnp.zeros(self.length, keys.dtype)
        context = jnp.tile(jnp.stack([keys, values], axis=1).reshape(-1), self.passes)
        inputs = nothing.at[:shown].set(context).at[asked].set(keys)
        if self.noise:
            other = words[4 * self.pairs : 4 * self.pairs + self.length]
            inputs = jnp.where(inputs == 0, below(other, self.vocabulary), inputs)
        return Batch(inputs, nothing.at[asked].set(values), nothing.at[asked].set(1) == 1)
