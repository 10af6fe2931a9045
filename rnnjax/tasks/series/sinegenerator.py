"""Sines of a frequency that is asked for."""

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch
from rnnjax.tasks.series.series import Series, least
from rnnjax.typing import Array, Key


class SineGenerator(Series):
    """Make a sine of the frequency that the level of the input stands for.

        inputs   .25 .25 .25 .25 ...        level 0 of 51, level j is j / 51 + 1 / 4
        targets  0, sin(w h), sin(2 w h), ...      w = 0.1 for level 0, 0.6 for level 50

    with h the `step`. Frequencies w are equally spaced, in radians per unit of time. With a `cue`
    the level is shown in the first steps only, with zeros after it, and the network has to remember
    it. There is one sequence for each level, so validation and test have those of training.

    Attributes:
        levels: how many frequencies there are.
        step: time from one value to the next.
        cue: steps at which the level is shown; none for all.

    References:
        Sussillo & Barak (2013), Opening the black box: low-dimensional dynamics in high-dimensional
        recurrent neural networks, Neural Computation 25 (the sine wave generator: there time is
        continuous, and the network runs for a while before it is judged).

    Example:
        >>> batch = SineGenerator(length=3, levels=2).sample(jax.random.key(1), batch_size=1)
        >>> print(batch.inputs[:, 0, 0], batch.targets[:, 0, 0].round(4))
        [0.75 0.75 0.75] [0.     0.1197 0.2377]
    """

    length: int = 320
    levels: int = 51
    step: float = 0.2
    cue: int | None = None

    def __post_init__(self) -> None:
        """Refuses what cannot be.

        Raises:
            ValueError: if `levels` or `cue` is below 1, `step` is not positive, or see `SizedTask`.
        """
        super().__post_init__()
        least(self, levels=1)
        if self.cue is not None and self.cue < 1:
            raise ValueError(f"{self}: cue must be 1 or more")
        if not self.step > 0:
            raise ValueError(f"{self}: step must be positive")

    @property
    def input_dim(self) -> int:
        """The level."""
        return 1

    @property
    def output_dim(self) -> int:
        """A number."""
        return 1

    @property
    def baseline(self) -> float | None:
        """The mean over the levels of the variance in time of their sines, about 1/2.

        A network without memory has one answer to each input, at best the mean of the sine of that
        level, or, after a cue, of all sines. None where sequences have different lengths.
        """
        if self.shortest is not None:
            return None
        sines = np.sin(self._angles)
        cue = self.length if self.cue is None else min(self.cue, self.length)
        shown, dark = sines[:cue], sines[cue:]
        errors = ((shown - shown.mean(0)) ** 2).sum()
        if dark.size:
            errors += ((dark - dark.mean()) ** 2).sum()
        return float(errors / sines.size)

    @property
    def _angles(self) -> np.ndarray:
        """The angle of each sine at each step, `[length, levels]`."""
        times = self.step * np.arange(self.length)
        return times[:, None] * np.linspace(0.1, 0.6, self.levels)

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a level."""
        del size
        level = jax.random.randint(key, (), 0, self.levels)
        t = jnp.arange(self.length)
        shown = jnp.broadcast_to(level / self.levels + 0.25, t.shape)
        if self.cue is not None:
            shown = jnp.where(t < self.cue, shown, 0)
        sines = jnp.asarray(np.sin(self._angles), shown.dtype)[:, level]
        return Batch(shown[:, None], sines[:, None], jnp.ones(self.length, bool))
