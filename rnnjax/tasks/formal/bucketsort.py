"""Bucket sort: a string in order."""

import jax.numpy as jnp
import numpy as np

from rnnjax.tasks.formal.rearrangement import Rearrangement
from rnnjax.typing import Array


class BucketSort(Rearrangement):
    """Say the symbols of a string in order, the least first.

        inputs   1 0 2 0 4 1 1 2 ? ? ? ? ? ? ? ?
        targets  . . . . . . . . 0 0 1 1 1 2 2 4      dots do not count

    A context-sensitive task. Counting steps is enough for a high accuracy: the best constant guess
    at each place of the answer, given only the length of the string, is right for 50 % of the
    symbols at length 5, 78 % at 40, and 94 % at 500.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.

    Example:
        >>> import jax
        >>> batch = BucketSort(5, shortest=None).sample(jax.random.key(1), batch_size=1)
        >>> batch.inputs[:, 0].argmax(-1).tolist(), batch.targets[5:, 0].tolist()
        ([2, 1, 0, 4, 1, 5, 5, 5, 5, 5], [0, 1, 1, 2, 4])
    """

    alphabet: int = 5

    def rearranged(self, text: Array, size: Array | int) -> Array:
        """Returns the symbols in order."""
        there = jnp.arange(self.length) < size
        return jnp.sort(jnp.where(there, text, self.alphabet))

    def chances(self, size: int) -> np.ndarray:
        """Returns the distribution of the order statistics.

        The symbol at place i, from 0, is at most k if more than i of all symbols are, and how many
        are is binomial with probability `(k + 1) / alphabet`.
        """
        at_most = np.arange(1, self.alphabet) / self.alphabet
        count = np.arange(size + 1)
        ln_factorial = np.cumsum(np.log(np.maximum(count, 1)))
        ways = ln_factorial[-1] - ln_factorial - ln_factorial[::-1]
        share = count * np.log(at_most)[:, None] + count[::-1] * np.log1p(-at_most)[:, None]
        more = np.cumsum(np.exp(ways + share)[:, ::-1], axis=1)[:, -2::-1]  # than i, [K - 1, size]
        below = np.concatenate([np.zeros((1, size)), np.minimum(more, 1), np.ones((1, size))])
        return np.maximum(np.diff(below, axis=0).T, 0)
