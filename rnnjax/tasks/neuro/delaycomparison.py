"""Delayed comparison: Romo's task."""

import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.neuro.trialtask import TrialTask
from rnnjax.typing import Array, Key


class DelayComparison(TrialTask):
    """Say which of two frequencies, felt one after the other, was the higher.

    Two frequencies differ by `difference`; the lower one is one of `lower`, and either comes first.
    A frequency is shown as a number from .5, the lowest of all, to 1, the highest. Noise is in
    both inputs while one is shown, in the fixation point too. Without, for 18 and then 10 Hz of
    the frequencies 10 to 34:

        fixation    1    1    1    1     1    1    1    0
        stimulus    0  .67  .67    0     0   .5   .5    0
        targets     0    0    0    0     0    0    0    1

    Chance is not one half: of the ten pairs four tell by the second frequency alone which is the
    higher, for the two lowest are always the lower ones and the two highest the higher, so that
    (4 + 6 / 2) / 10 = .7 of the choices are right without any memory of the first one, and as many
    by the first one alone. An ideal observer, who knows the pairs, is right in .996 or more.

    Attributes:
        fixation: milliseconds before the first stimulus.
        first: milliseconds of it.
        delay: milliseconds between the two, the most in training.
        second: milliseconds of the second stimulus.
        decision: milliseconds in which the choice is wanted.
        lower: the lower frequencies of pairs, each equally likely.
        difference: of the two frequencies of a pair.

    References:
        Romo, Brody, Hernández & Lemus (1999), Neuronal correlates of parametric working memory in
        the prefrontal cortex, Nature 399.
        Barak, Tsodyks & Romo (2010), Neuronal population coding of parametric working memory,
        Journal of Neuroscience 30.
        Molano-Mazón et al. (2022), NeuroGym (the form).

    Example:
        >>> import jax
        >>> task = DelayComparison(100, 100, 100, 100, noise=0.0)
        >>> batch = task.sample(jax.random.key(0), batch_size=1)
        >>> first, second = batch.inputs[1, 0, 1], batch.inputs[3, 0, 1]
        >>> bool((first > second) == (batch.targets[-1, 0] == 1))
        True
    """

    epochs = ("fixation", "first", "delay", "second", "decision")
    shown = ("first", "second")

    fixation: int = 500
    first: int = 500
    delay: int = 1000
    second: int = 500
    decision: int = 100
    lower: tuple[int, ...] = (10, 14, 18, 22, 26)
    difference: int = 8

    def __post_init__(self) -> None:
        """Refuses pairs that are none.

        Raises:
            ValueError: if `lower` has no frequency, `difference` is below 1, or see `TrialTask`.
        """
        super().__post_init__()
        if not self.lower:
            raise ValueError(f"{self}: lower must be one frequency or more")
        if self.difference < 1:
            raise ValueError(f"{self}: difference must be 1 or more, not {self.difference}")

    @property
    def input_dim(self) -> int:
        """The fixation point and the stimulus."""
        return 2

    @property
    def output_dim(self) -> int:
        """To fixate, the first is higher, the second is."""
        return 3

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a trial."""
        now = self.during(size)
        words = draw_words(key, 2 + self.words_of_noise(self.input_dim))
        lower = jnp.array(self.lower, float)[below(words[0], len(self.lower))]
        answer, least = 1 + below(words[1], 2), min(self.lower)
        span = max(self.lower) + self.difference - least
        higher_now = jnp.where(answer == 1, now["first"], now["second"])
        above = lower - least + self.difference * higher_now.astype(float)
        felt = now["first"] | now["second"]
        shown = jnp.where(felt, (1 + above / span) / 2, 0)
        batch = self.trial(now, [shown[:, None]], answer)
        noise = self.noisy(words[2:], jnp.zeros(self.input_dim), felt)
        return batch._replace(inputs=batch.inputs + noise)
