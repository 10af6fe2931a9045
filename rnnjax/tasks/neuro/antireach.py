"""Anti-reach, or anti-saccade."""

import dataclasses

import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.neuro.trialtask import TrialTask, tuned
from rnnjax.typing import Array, Key


class AntiReach(TrialTask):
    """Reach for the place that is opposite to the one that is shown.

    A stimulus at the angle theta has the inputs `cos(theta_i - theta)` around a circle; wanted is
    1 and the number of the place opposite. With four places, of which the second is shown:

        fixation    1    1    0
        places      0    0    0
                    0    1    0
                    0    0    0
                    0   -1    0
        targets     0    0    4

    Attributes:
        fixation: milliseconds before the stimulus.
        stimulus: milliseconds of it.
        delay: milliseconds from it to the decision, the most in training.
        decision: milliseconds in which to reach.
        places: how many there are, evenly around the circle.
        anti: whether the opposite place is wanted, or the one that is shown.
        noise: standard deviation of the noise in a stimulus, in a step of 1 ms; usually none.

    References:
        Munoz & Everling (2004), Look away: the anti-saccade task and the voluntary control of eye
        movement, Nature Reviews Neuroscience 5.
        Molano-Mazón et al. (2022), NeuroGym (the form).

    Example:
        >>> import jax
        >>> task = AntiReach(100, 100, decision=100, places=4)
        >>> batch = task.sample(jax.random.key(0), batch_size=1)
        >>> shown = batch.inputs[1, 0, 1:].argmax()
        >>> bool((shown + 2) % 4 + 1 == batch.targets[-1, 0])
        True
    """

    fixation: int = 500
    stimulus: int = 500
    delay: int = 0
    decision: int = 500
    places: int = 32
    anti: bool = True
    noise: float = dataclasses.field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses what leaves no choice.

        Raises:
            ValueError: if `places` is below 2, or see `TrialTask`.
        """
        super().__post_init__()
        if self.places < 2:
            raise ValueError(f"{self}: places must be 2 or more, not {self.places}")

    @property
    def input_dim(self) -> int:
        """The fixation point and the places."""
        return 1 + self.places

    @property
    def output_dim(self) -> int:
        """To fixate, and the places."""
        return 1 + self.places

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a trial."""
        now = self.during(size)
        words = draw_words(key, 1 + self.words_of_noise(self.places))
        wanted = below(words[0], self.places)
        shown = 2 * jnp.pi / self.places * wanted + jnp.pi * self.anti
        stimulus = self.noisy(words[1:], tuned(shown, self.places), now["stimulus"])
        return self.trial(now, [stimulus], 1 + wanted)
