"""Parity: whether a string has an odd number of ones."""

import jax.numpy as jnp

from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.formal.stringtask import Strings, StringTask
from rnnjax.typing import Array, Key


class Parity(StringTask):
    """Say whether a string of zeros and ones has an odd number of ones.

        1 0 1 0 1 0 0 ?      wanted: 1, for there are three

    A regular language: a machine with two states decides it.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.

    Example:
        >>> import jax
        >>> batch = Parity(7, shortest=None).sample(jax.random.key(1), batch_size=1)
        >>> batch.inputs[:, 0].argmax(-1).tolist(), batch.targets[-1, 0].item()
        ([0, 0, 0, 1, 1, 1, 0, 2], 1)
    """

    def string(self, key: Key, size: Array | int) -> Strings:
        """Draws a string of fair bits."""
        bits = below(draw_words(key, self.length), 2)
        ones = jnp.where(jnp.arange(self.length) < size, bits, 0).sum()
        return Strings(bits, ones[None] % 2)
