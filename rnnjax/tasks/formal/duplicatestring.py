"""Duplicate string: a string twice."""

import jax.numpy as jnp

from rnnjax.tasks.formal.rearrangement import Rearrangement
from rnnjax.typing import Array


class DuplicateString(Rearrangement):
    """Say a string twice.

        inputs   1 0 1 ? ? ? ? ? ?
        targets  . . . 1 0 1 1 0 1      dots do not count

    A context-sensitive task: what came first is wanted first, for which a stack does not do.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.

    Example:
        >>> import jax
        >>> batch = DuplicateString(3, shortest=None).sample(jax.random.key(2), batch_size=1)
        >>> batch.inputs[:, 0].argmax(-1).tolist(), batch.targets[3:, 0].tolist()
        ([0, 0, 1, 2, 2, 2, 2, 2, 2], [0, 0, 1, 0, 0, 1])
    """

    def answers_of(self, size: Array | int) -> Array | int:
        """Returns `2 * size`."""
        return 2 * size

    def rearranged(self, text: Array, size: Array | int) -> Array:
        """Returns the string and the string again."""
        return text[jnp.arange(2 * self.length) % size]
