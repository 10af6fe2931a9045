"""Reverse string: a string backwards."""

import jax.numpy as jnp

from rnnjax.tasks.formal.rearrangement import Rearrangement
from rnnjax.typing import Array


class ReverseString(Rearrangement):
    """Say a string backwards.

        inputs   0 1 1 0 1 0 ? ? ? ? ? ?
        targets  . . . . . . 0 1 0 1 1 0      dots do not count

    A machine with a stack does it, and no finite one.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.

    Example:
        >>> import jax
        >>> batch = ReverseString(4, shortest=None).sample(jax.random.key(2), batch_size=1)
        >>> batch.inputs[:, 0].argmax(-1).tolist(), batch.targets[4:, 0].tolist()
        ([0, 0, 1, 1, 2, 2, 2, 2], [1, 1, 0, 0])
    """

    def rearranged(self, text: Array, size: Array | int) -> Array:
        """Returns the last symbol first."""
        return text[size - 1 - jnp.arange(self.length)]
