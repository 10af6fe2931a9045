"""A wave from nothing: no input tells a network where it is."""

import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch
from rnnjax.tasks.generated import GeneratedTask
from rnnjax.typing import Key


class PeriodicOutput(GeneratedTask):
    """Say a wave, from the state that a sequence starts with and no input at all.

        y_t = sin(w t) + 0.5 sin(2 w t) + 0.25 sin(4 w t),   w = 2 pi / length

    There is one sequence, so validation and test have that of training.

    Attributes:
        length: steps of a sequence, of one period.

    References:
        Murray (2019), Local online learning in recurrent networks with random feedback, eLife 8,
        figure 2 (in the form of the authors' code).

    Example:
        >>> PeriodicOutput(4).sample(None, batch_size=1).targets[:2, 0, 0].tolist()
        [0.0, 1.0]
    """

    length: int = 100

    def __post_init__(self) -> None:
        """Refuses what is no sequence.

        Raises:
            ValueError: if `length` is below 1.
        """
        super().__post_init__()
        if self.length < 1:
            raise ValueError(f"{self}: length must be 1 or more")

    @property
    def input_dim(self) -> int:
        """One number, always zero."""
        return 1

    @property
    def output_dim(self) -> int:
        """One number."""
        return 1

    @property
    def baseline(self) -> float:
        """The variance of the wave: without memory all steps are alike."""
        return float(self._wave.var())

    @property
    def _wave(self) -> np.ndarray:
        angle = 2 * np.pi * np.arange(self.length) / self.length
        return np.sin(angle) + np.sin(2 * angle) / 2 + np.sin(4 * angle) / 4

    def sample(self, key: Key, batch_size: int) -> Batch:
        """Returns the sequence, `batch_size` times."""
        del key
        wave = jnp.broadcast_to(self._wave[:, None, None], (self.length, batch_size, 1))
        wave = wave.astype(float)
        return Batch(jnp.zeros_like(wave), wave, jnp.ones(wave.shape[:2], bool))
