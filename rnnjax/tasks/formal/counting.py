"""Counting languages: as many of each letter, one letter after another."""

import dataclasses

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.formal.nextsymbols import NextSymbols, bit_error
from rnnjax.typing import Array, Key


class Counting(NextSymbols):
    """Say after each letter which may come next, where each letter comes n times.

    With two letters and an n of 3; S begins a string, and T ends it:

        inputs   S  a   a   a   b b b
        targets  a  a b a b a b b b T      which may come next

    While the first letter comes, n is not known; then all is certain. Inputs are one-hot and
    targets are bits, both in the order S, the letters, T; T is never an input. Of two letters a
    context-free language, of three or four a context-sensitive one; counters decide all.

    Attributes:
        repeats: n, the most in training.
        letters: how many different ones: 2 for a^n b^n, 3 for a^n b^n c^n, and so on.
        start: whether S comes first, as with Gers & Schmidhuber; without it, as with Suzgun and
            others, inputs are letters alone, and targets letters and T.
        shortest: the least n in training; none for strings that all have the most.

    References:
        Gers & Schmidhuber (2001), LSTM recurrent networks learn simple context-free and
        context-sensitive languages, IEEE Transactions on Neural Networks 12 (the defaults, with an
        n to 10; there, targets are -1 and 1).
        Suzgun, Belinkov & Shieber (2019), On evaluating the generalization of LSTM models in formal
        languages, SCiL, arXiv:1811.01001 (without S; n to 50, of several distributions).

    Example:
        >>> batch = Counting(2, shortest=None).sample(jax.random.key(0), batch_size=1)
        >>> "".join("SabT"[i] for i in batch.inputs[:, 0].argmax(-1))
        'Saabb'
        >>> batch.targets[:, 0].astype(int).tolist()  # of S, a, b and T
        [[0, 1, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    """

    repeats: int = 10
    letters: int = 2
    start: bool = dataclasses.field(default=True, kw_only=True)
    shortest: int | None = dataclasses.field(default=1, kw_only=True)

    size_field = "repeats"

    def __post_init__(self) -> None:
        """Refuses a single letter.

        Raises:
            ValueError: if `letters` is below 2, or see `SizedTask`.
        """
        super().__post_init__()
        if self.letters < 2:
            raise ValueError(f"{self}: letters must be 2 or more")

    @property
    def input_dim(self) -> int:
        """The letters; with S before them and T after."""
        return self.letters + 2 * self.start

    @property
    def output_dim(self) -> int:
        """The letters and T; with S before them."""
        return self.letters + 1 + self.start

    def steps_of(self, size: Array | int) -> Array | int:
        """Returns T, each letter so many times, and S."""
        return self.letters * size + self.start

    @property
    def baseline(self) -> float:
        """The error of the best guess from the last letter alone, without its place in the string.

        After S and the first letter all bits are certain. After any other letter two are not: it
        comes again, or the next one comes, which happens once in n times.
        """
        n = sum(self.sizes) / len(self.sizes)
        steps = self.letters * n + self.start
        return (self.letters - 1) * n * 2 * bit_error(1 / n) / self.output_dim / steps

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Returns the one string of an n; nothing is drawn."""
        del key
        t = jnp.arange(self.steps_of(self.size)) - self.start
        letter, place = t // size, t % size  # of S, at t = -1: letter -1, at its last place
        seen = self.start + letter
        again = jax.nn.one_hot(seen, self.output_dim)
        another = jax.nn.one_hot(seen + 1, self.output_dim)
        certain = jnp.where((place == size - 1)[:, None], another, again)
        targets = jnp.where((letter == 0)[:, None], again + another, certain)
        return Batch(jax.nn.one_hot(seen, self.input_dim), targets, jnp.ones(len(t), bool))
