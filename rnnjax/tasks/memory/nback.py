"""The n-back task."""

import math

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.draws import below, draw_words, happen
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array, Key


class NBack(SizedTask):
    """Say at every step whether the symbol is the same as n steps ago.

        inputs   A B A A C A
        targets  . . 1 0 0 1      two back; dots do not count

    With the chance `match` a symbol is the same as `back` steps ago; if not, it is one of the other
    ones, all equally likely.

    Attributes:
        length: steps of a sequence, the most in training.
        back: n, how many steps ago.
        symbols: how many different ones there are.
        match: the chance of a match; `1 / symbols` makes all symbols independent.

    References:
        Kirchner (1958), Age differences in short-term retention of rapidly changing information,
        Journal of Experimental Psychology 55. There is no one setting; a match in three is common.

    Example:
        >>> batch = NBack(7).sample(jax.random.key(0), batch_size=1)
        >>> batch.inputs[:, 0].argmax(-1).tolist(), batch.targets[2:, 0].tolist()
        ([6, 2, 6, 2, 6, 3, 4], [1, 1, 1, 0, 0])
    """

    length: int = 50
    back: int = 2
    symbols: int = 8
    match: float = 0.33

    def __post_init__(self) -> None:
        """Refuses rows in which the answer is always the same.

        Raises:
            ValueError: if `back` is below 1, there are fewer than two symbols, or `match` is no
                chance between 0 and 1; or see `SizedTask`.
        """
        if self.back < 1:
            raise ValueError(f"{self}: back must be 1 or more")
        super().__post_init__()
        if self.symbols < 2:
            raise ValueError(f"{self}: symbols must be 2 or more")
        if not 0 < self.match < 1:
            raise ValueError(f"{self}: match must be between 0 and 1")

    @property
    def smallest(self) -> int:
        """One step with an answer."""
        return self.back + 1

    @property
    def input_dim(self) -> int:
        """The symbols, one-hot."""
        return self.symbols

    @property
    def output_dim(self) -> int:
        """No or yes."""
        return 2

    @property
    def baseline(self) -> float:
        """The entropy of a match: the symbol alone says nothing, for all are equally likely."""
        return -self.match * math.log(self.match) - (1 - self.match) * math.log(1 - self.match)

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence: each symbol is that of `back` steps ago, moved on by 0 or more."""
        del size
        words, t = draw_words(key, 2 * self.length).reshape(2, -1), jnp.arange(self.length)
        match = happen(words[0], self.match) & (t >= self.back)
        first, move = below(words[1], self.symbols), 1 + below(words[1], self.symbols - 1)
        moves = jnp.where(t < self.back, first, jnp.where(match, 0, move))
        rows = jnp.pad(moves, (0, -self.length % self.back)).reshape(-1, self.back)
        shown = rows.cumsum(0).reshape(-1)[: self.length] % self.symbols
        inputs = jax.nn.one_hot(shown, self.symbols)
        return Batch(inputs, match.astype(int), t >= self.back)
