"""The induction head task: what came after a mark."""

import math

import jax.numpy as jnp

from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.memory.pooled import pooled
from rnnjax.tasks.memory.recalltask import RecallTask
from rnnjax.typing import Array, Key


class InductionHead(RecallTask):
    """Say which token came after "=>", when "=>" comes again.

    All others are random numbers; the first "=>" is anywhere but on the last two of them.

        inputs   7  12 => 3  0  5  11 =>
        targets  12 => 3  0  5  11 => 3

    References:
        Olsson et al. (2022), In-context learning and induction heads, arXiv:2209.11895 (the idea).
        Fu et al. (2023), Hungry hungry hippos, ICLR, arXiv:2212.14052; Poli et al. (2023), Hyena
        hierarchy, ICML, arXiv:2302.10866 (the form of their published code). It trains on 5,000
        sequences, all tokens counting, and tests the last.
        Gu & Dao (2023), Mamba, arXiv:2312.00752, trains on 256 tokens and tests on many more:
        `InductionHead(256, vocabulary=18, tested=...)` has sixteen numbers.

    Example:
        >>> import jax
        >>> task = InductionHead(7)
        >>> batch = task.sample(jax.random.key(0), batch_size=1)
        >>> " ".join(task.tokens[i] for i in batch.inputs[:, 0].argmax(-1))
        '0 4 => 15 6 16 14 =>'
        >>> task.tokens[batch.targets[-1, 0]]
        '15'
    """

    @property
    def smallest(self) -> int:
        """Three, of which the first is the mark."""
        return 3

    def steps_of(self, size: Array | int) -> Array | int:
        """Returns T: the tokens, and one that asks."""
        return size + 1

    @property
    def baseline(self) -> float:
        """The logarithm of how many numbers there are; of all tokens, the mean.

        With one place of `n = length - 2` for the mark, a token that is none is followed by it with
        the chance `1 / (n - 1)`, as long as there are places, and the last one by the "=>" that
        asks.
        """
        number = math.log(self.numbers)
        if self.counts == "last":
            return number

        def losses(size: int) -> tuple[float, float]:
            n, followed = size - 2, 0.0
            if n > 2:
                p = 1 / (n - 1)
                followed = -p * math.log(p) - (1 - p) * math.log(1 - p)
            if n > 1:
                followed += (1 - 1 / (n - 1)) * number
                followed = number / n + (1 - 1 / n) * followed
            return (n - 1) * followed + 3 * number, size + 1

        return pooled(self, losses)

    def row(self, key: Key, size: Array | int) -> Array:
        """Draws numbers with a mark among them, a mark, and the number that was after the first."""
        words = draw_words(key, self.length + 3)
        row, place = 1 + below(words[1:], self.numbers), below(words[0], size - 2)
        row = row.at[size + 1].set(row[place + 1])
        mark = jnp.stack([place, jnp.asarray(size, place.dtype)])
        return row.at[mark].set(self.vocabulary - 1)
