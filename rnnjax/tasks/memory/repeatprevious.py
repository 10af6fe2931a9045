"""Repeat previous: what was seen some steps ago."""

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.memory.cards import CardTask
from rnnjax.typing import Array, Key


class RepeatPrevious(CardTask):
    """Say at every step the suit of the k-th last card; the last is the one that is seen.

        inputs   c s h d s
        targets  . . . c s      with k = 4; dots do not count

    The paper's settings are `length=51, k=4`, `length=103, k=32` and `length=155, k=64`: one deck,
    two and three, but for the last card. It is a game there; an accuracy of `a` is a return of
    `2 a - 1`.

    With `deal="independent"` it is the copying with a lag of Gu, Goel & Ré (2022), where `k` is the
    lag and one more; there the steps before the first answer count as well, and want a blank.

    Attributes:
        k: which card is wanted, counted backwards.

    References:
        Morad et al. (2023), POPGym: benchmarking partially observable reinforcement learning, ICLR,
        arXiv:2303.01859 (the easy form, its answers supervised; as its code counts, its text has
        one step more).

    Example:
        >>> batch = RepeatPrevious(6, k=4).sample(jax.random.key(0), batch_size=1)
        >>> batch.inputs[:, 0].argmax(-1).tolist(), batch.targets[3:, 0].tolist()
        ([0, 2, 1, 2, 0, 2], [0, 2, 1])
    """

    k: int = 4

    def __post_init__(self) -> None:
        """Refuses answers that need no memory.

        Raises:
            ValueError: if `k` is below 2, or see `CardTask`.
        """
        if self.k < 2:
            raise ValueError(f"{self}: k must be 2 or more")
        super().__post_init__()

    @property
    def smallest(self) -> int:
        """As many as there must be for one answer, `k`."""
        return self.k

    @property
    def baseline(self) -> float:
        """The uncertainty about another card than the one that is seen."""
        return self.uncertainty

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence."""
        del size
        cards, lag = self.dealt(key), self.k - 1
        mask = jnp.arange(self.length) >= lag
        targets = jnp.where(mask, jnp.roll(cards, lag), 0)
        return Batch(jax.nn.one_hot(cards, self.suits), targets, mask)
