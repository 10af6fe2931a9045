"""Repeat first: the first of a row, all along."""

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.memory.cards import CardTask
from rnnjax.tasks.memory.pooled import pooled
from rnnjax.typing import Array, Key


class RepeatFirst(CardTask):
    """Say the suit of the first card at every step.

        inputs   c s h d
        targets  c c c c

    The paper has it as a game with a reward of `1 / T` for each right answer and `-1 / T` for each
    wrong one: an accuracy of `a` is a return of `2 a - 1`. Its lengths are 51, 415 and 831: one
    deck, eight and sixteen, but for the last card.

    References:
        Morad et al. (2023), POPGym: benchmarking partially observable reinforcement learning, ICLR,
        arXiv:2303.01859 (the easy form, its answers supervised).

    Example:
        >>> batch = RepeatFirst(5).sample(jax.random.key(0), batch_size=1)
        >>> batch.inputs[:, 0].argmax(-1).tolist(), batch.targets[:, 0].tolist()
        ([0, 2, 1, 2, 0], [0, 0, 0, 0, 0])
    """

    @property
    def smallest(self) -> int:
        """Two, of which one is to be remembered."""
        return 2

    @property
    def baseline(self) -> float:
        """The uncertainty about another card, at all steps but the first, which is certain."""
        return pooled(self, lambda size: ((size - 1) * self.uncertainty, size))

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence."""
        del size
        cards = self.dealt(key)
        wanted = jnp.broadcast_to(cards[0], cards.shape)
        return Batch(jax.nn.one_hot(cards, self.suits), wanted, jnp.ones(len(cards), bool))
