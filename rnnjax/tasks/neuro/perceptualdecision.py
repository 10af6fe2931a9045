"""Perceptual decision: which of noisy stimuli is the strongest."""

import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.neuro.trialtask import TrialTask, tuned
from rnnjax.typing import Array, Key


class PerceptualDecision(TrialTask):
    """Say which direction a noisy stimulus has on the whole.

    Each direction has an input, `0.5 + cos(theta_i - theta) * coherence / 200` and noise, where
    theta is the direction wanted. With the first of two directions, a coherence of 40 %, and a
    stimulus of four steps:

        fixation   1    1    1    1    1   0
        first      0   .8   .6   .7   .7   0
        second     0   .4   .3   .2   .3   0
        targets    0    0    0    0    0   1

    With the defaults an ideal observer, who adds up the difference of the two, chooses right in a
    share Phi(coherence / sqrt(10)) of the trials: .5 .979 1 1 1, .896 on average, at any `dt`.

    Attributes:
        fixation: milliseconds before the stimulus.
        stimulus: milliseconds of it, the most in training.
        delay: milliseconds from it to the decision.
        decision: milliseconds in which the choice is wanted.
        choices: directions.
        coherences: in percent, each equally likely.

    References:
        Britten, Shadlen, Newsome & Movshon (1992), The analysis of visual motion: a comparison of
        neuronal and psychophysical performance, Journal of Neuroscience 12.
        Molano-Mazón et al. (2022), NeuroGym (the form).

    Example:
        >>> import jax
        >>> task = PerceptualDecision(stimulus=300, noise=0.0, coherences=(40.0,))
        >>> batch = task.sample(jax.random.key(0), batch_size=1)
        >>> batch.inputs[:, 0, 0].tolist()
        [1.0, 1.0, 1.0, 1.0, 0.0]
        >>> bool(batch.inputs[1, 0, 1:].argmax() + 1 == batch.targets[-1, 0])
        True
    """

    size_field = "stimulus"

    fixation: int = 100
    stimulus: int = 2000
    delay: int = 0
    decision: int = 100
    choices: int = 2
    coherences: tuple[float, ...] = (0.0, 6.4, 12.8, 25.6, 51.2)

    def __post_init__(self) -> None:
        """Refuses what leaves no choice.

        Raises:
            ValueError: if `choices` is below 2, `coherences` are none or one of them is negative,
                or see `TrialTask`.
        """
        super().__post_init__()
        if self.choices < 2:
            raise ValueError(f"{self}: choices must be 2 or more, not {self.choices}")
        if not self.coherences or min(self.coherences) < 0:
            raise ValueError(f"{self}: coherences must be one or more, none of them negative")

    @property
    def input_dim(self) -> int:
        """The fixation point and the directions."""
        return 1 + self.choices

    @property
    def output_dim(self) -> int:
        """To fixate, and the directions."""
        return 1 + self.choices

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a trial."""
        now = self.during(size)
        words = draw_words(key, 2 + self.words_of_noise(self.choices))
        choice, contrast = below(words[0], self.choices), self.contrasts(words[1])
        means = 0.5 + contrast * tuned(2 * jnp.pi / self.choices * choice, self.choices)
        return self.trial(now, [self.noisy(words[2:], means, now["stimulus"])], 1 + choice)

    def contrasts(self, words: Array) -> Array:
        """Returns by how much stimuli are above 0.5 in their directions, made of random words."""
        return jnp.array(self.coherences)[below(words, len(self.coherences))] / 200
