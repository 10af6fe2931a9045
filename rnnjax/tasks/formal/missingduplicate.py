"""Missing duplicate: the symbol that is hidden in a string said twice."""

import jax.numpy as jnp
import numpy as np

from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.formal.stringtask import Strings, StringTask
from rnnjax.typing import Array, Key

_HOLE, _FILLER = 2, 3


class MissingDuplicate(StringTask):
    """Say the symbol that is hidden in a string of zeros and ones said twice.

    Symbol 2 is the hole, in one of the two copies. A string of odd length ends with a 3, a filler.

        0 1 1 0 0 2 1 0 ?      wanted: 1, as in 0 1 1 0
        1 0 1 1 2 1 3 ?        wanted: 0, as in 1 0 1

    A context-sensitive task. A string of one symbol has no copies: it is 1, and 1 is wanted.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.

    Example:
        >>> import jax
        >>> batch = MissingDuplicate(7, shortest=None).sample(jax.random.key(2), batch_size=1)
        >>> batch.inputs[:, 0].argmax(-1).tolist(), batch.targets[-1, 0].item()
        ([0, 1, 2, 0, 1, 1, 3, 4], 1)
    """

    @property
    def symbols(self) -> int:
        """Zeros, ones, the hole and what an odd length ends with."""
        return 4

    @property
    def classes(self) -> int:
        """Zeros and ones."""
        return 2

    def string(self, key: Key, size: Array | int) -> Strings:
        """Draws a string of fair bits and a hole that is as likely everywhere."""
        words = draw_words(key, self.length + 1)
        half = jnp.maximum(size // 2, 1)
        bits, hole = below(words[1:], 2), below(words[0], 2 * half)
        at = jnp.arange(self.length)
        twice = jnp.where(at < 2 * half, bits[at % half], _FILLER).at[hole].set(_HOLE)
        alone = size == 1
        hidden = jnp.where(alone, 1, bits[hole % half])
        return Strings(jnp.where(alone, 1, twice), hidden[None])

    def chances(self, size: int) -> np.ndarray:
        """Returns one half each, but for a single symbol, of which 1 is wanted."""
        return np.array([[0.0, 1.0] if size == 1 else [0.5, 0.5]])
