"""Odds first: every other symbol of a string, then the others."""

import jax.numpy as jnp

from rnnjax.tasks.formal.rearrangement import Rearrangement
from rnnjax.typing import Array


class OddsFirst(Rearrangement):
    """Say the symbols at the odd places of a string, counted from 0, then those at the even ones.

        inputs   0 0 1 1 0 1 0 1 ? ? ? ? ? ? ? ?
        targets  . . . . . . . . 0 1 1 1 0 1 0 0      dots do not count

    A context-sensitive task. The paper counts places from 1 and says the odd ones first; this is
    what its authors' code does.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.

    Example:
        >>> import jax
        >>> batch = OddsFirst(4, shortest=None).sample(jax.random.key(2), batch_size=1)
        >>> batch.inputs[:, 0].argmax(-1).tolist(), batch.targets[4:, 0].tolist()
        ([0, 0, 1, 1, 2, 2, 2, 2], [0, 1, 0, 1])
    """

    def rearranged(self, text: Array, size: Array | int) -> Array:
        """Returns symbols 1, 3, 5 and so on, then 0, 2, 4 and so on."""
        i, odds = jnp.arange(self.length), size // 2
        return text[jnp.where(i < odds, 2 * i + 1, 2 * (i - odds))]
