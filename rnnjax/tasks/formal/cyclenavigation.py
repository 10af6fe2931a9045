"""Cycle navigation: where a walk on a ring ends."""

import jax.numpy as jnp
import numpy as np

from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.formal.stringtask import Strings, StringTask
from rnnjax.typing import Array, Key


class CycleNavigation(StringTask):
    """Say where a walk on a ring ends.

    Places are numbered round the ring and the walk starts at 0. Symbol 0 is a step down, 1 a rest
    and 2 a step up. On a ring of five:

        2 0 1 0 0 ?      wanted: 3, for +1 -1 +0 -1 -1 is -2, two below 0

    A regular language.

    Attributes:
        cycle: places on the ring.

    References:
        Delétang et al. (2023), Neural networks and the Chomsky hierarchy, ICLR, arXiv:2207.02098.

    Example:
        >>> import jax
        >>> batch = CycleNavigation(7, shortest=None).sample(jax.random.key(1), batch_size=1)
        >>> batch.inputs[:, 0].argmax(-1).tolist(), batch.targets[-1, 0].item()
        ([1, 2, 1, 0, 0, 0, 0, 3], 2)
    """

    cycle: int = 5

    def __post_init__(self) -> None:
        """Refuses a ring without places to tell apart.

        Raises:
            ValueError: if `cycle` is below 2, or see `StringTask`.
        """
        super().__post_init__()
        if self.cycle < 2:
            raise ValueError(f"{self}: cycle must be 2 or more")

    @property
    def symbols(self) -> int:
        """Down, rest and up."""
        return 3

    @property
    def classes(self) -> int:
        """The places."""
        return self.cycle

    def string(self, key: Key, size: Array | int) -> Strings:
        """Draws a walk of moves that are equally likely."""
        moves = below(draw_words(key, self.length), 3)
        end = jnp.where(jnp.arange(self.length) < size, moves - 1, 0).sum()
        return Strings(moves, end[None] % self.cycle)

    def chances(self, size: int) -> np.ndarray:
        """Returns the distribution of the end, by the `size`-th power of the transition matrix.

        Of five places all are about as likely after twenty moves.
        """
        rest = np.eye(self.cycle)
        moved = (np.roll(rest, -1, axis=1) + rest + np.roll(rest, 1, axis=1)) / 3
        return np.linalg.matrix_power(moved, size)[:1]
