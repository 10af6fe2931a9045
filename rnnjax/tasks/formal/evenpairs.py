"""Even pairs: whether a string changes an even number of times."""

import numpy as np

from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.formal.stringtask import Strings, StringTask
from rnnjax.typing import Array, Key


class EvenPairs(StringTask):
    """Say whether the pairs 01 and 10 in a string of zeros and ones are odd in number.

        0 1 0 1 0 0 1 ?      wanted: 1, for there are five, 01 10 01 10 01

    A regular language. The number is even where the first symbol is the last one as well.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.

    Example:
        >>> import jax
        >>> batch = EvenPairs(7, shortest=None).sample(jax.random.key(1), batch_size=1)
        >>> batch.inputs[:, 0].argmax(-1).tolist(), batch.targets[-1, 0].item()
        ([0, 0, 0, 1, 1, 1, 0, 2], 0)
    """

    def string(self, key: Key, size: Array | int) -> Strings:
        """Draws a string of fair bits."""
        bits = below(draw_words(key, self.length), 2)
        return Strings(bits, (bits[0] ^ bits[size - 1])[None])

    def chances(self, size: int) -> np.ndarray:
        """Returns one half each, but for a single symbol, which has no pair."""
        return np.array([[1.0, 0.0] if size == 1 else [0.5, 0.5]])
