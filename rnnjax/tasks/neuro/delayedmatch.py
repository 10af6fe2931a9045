"""Delayed match to sample."""

import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.neuro.trialtask import TrialTask, tuned
from rnnjax.typing import Array, Key


class DelayedMatch(TrialTask):
    """Say whether a stimulus is the one that was shown some time before.

    A direction is shown, and after a delay the same or the opposite one, equally likely; input i is
    `0.5 + cos(theta_i - theta) / 2` and noise. Wanted is 1 for a match and 2 for none. Without
    noise, with a sample and a test of two steps:

        fixation   1   1 1   1 1 1   1 1   0
        first      0   1 1   0 0 0   0 0   0
        second     0   0 0   0 0 0   1 1   0
        targets    0   0 0   0 0 0   0 0   2

    Attributes:
        fixation: milliseconds before the sample.
        stimulus: milliseconds of the sample.
        delay: milliseconds from it to the test, the most in training.
        test: milliseconds of the test.
        decision: milliseconds in which the choice is wanted.
        directions: how many there are to show, evenly around the circle; an even number.

    References:
        Miller, Erickson & Desimone (1996), Neural mechanisms of visual working memory in prefrontal
        cortex of the macaque, Journal of Neuroscience 16.
        Molano-Mazón et al. (2022), NeuroGym (the form).

    Example:
        >>> import jax
        >>> task = DelayedMatch(100, 100, 100, 100, 100, noise=0.0)
        >>> batch = task.sample(jax.random.key(0), batch_size=1)
        >>> sample, test = batch.inputs[1, 0, 1:].argmax(), batch.inputs[3, 0, 1:].argmax()
        >>> bool((sample == test) == (batch.targets[-1, 0] == 1))
        True
    """

    epochs = ("fixation", "stimulus", "delay", "test", "decision")
    shown = ("stimulus", "test")

    fixation: int = 300
    stimulus: int = 500
    delay: int = 1000
    test: int = 500
    decision: int = 900
    directions: int = 2

    def __post_init__(self) -> None:
        """Refuses circles in which a direction has no opposite.

        Raises:
            ValueError: if `directions` is odd or below 2, or see `TrialTask`.
        """
        super().__post_init__()
        if self.directions < 2 or self.directions % 2:
            raise ValueError(f"{self}: directions must be an even number, not {self.directions}")

    @property
    def input_dim(self) -> int:
        """The fixation point and the directions."""
        return 1 + self.directions

    @property
    def output_dim(self) -> int:
        """To fixate, a match, no match."""
        return 3

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a trial."""
        now = self.during(size)
        words = draw_words(key, 2 + self.words_of_noise(self.directions))
        place, answer = below(words[0], self.directions), 1 + below(words[1], 2)
        sample = 2 * jnp.pi / self.directions * place
        test = sample + jnp.pi * (answer - 1)
        rings = [tuned(angle, self.directions)[None] for angle in (sample, test)]
        means = 0.5 + jnp.where(now["test"][:, None], rings[1], rings[0]) / 2
        seen = self.noisy(words[2:], means, now["stimulus"] | now["test"])
        return self.trial(now, [seen], answer)
