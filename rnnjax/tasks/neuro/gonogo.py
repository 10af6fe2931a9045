"""Go or no-go."""

import dataclasses

import jax

from rnnjax.batch import Batch
from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.neuro.trialtask import TrialTask
from rnnjax.typing import Array, Key


class GoNoGo(TrialTask):
    """Act after one of two stimuli, and after the other keep still.

    With epochs of two steps:

        fixation   1 1   1 1   0 0
        no-go      0 0   0 0   0 0
        go         1 1   0 0   0 0
        targets    0 0   0 0   1 1      after a no-go all zeros

    Attributes:
        fixation: milliseconds before the stimulus.
        stimulus: milliseconds of it.
        delay: milliseconds from it to the decision, the most in training.
        decision: milliseconds in which to act or not.
        noise: standard deviation of the noise in a stimulus, in a step of 1 ms; usually none.

    References:
        Donders (1868), On the speed of mental processes (the c-method: translated 1969, Acta
        Psychologica 30).
        Molano-Mazón et al. (2022), NeuroGym (the form).

    Example:
        >>> batch = GoNoGo(0, 100, 200, 100).sample(jax.random.key(0), batch_size=1)
        >>> batch.inputs[:, 0, 0].tolist()
        [1.0, 1.0, 1.0, 0.0]
        >>> bool(batch.inputs[0, 0, 1:].argmax() == batch.targets[-1, 0])
        True
    """

    fixation: int = 0
    stimulus: int = 500
    delay: int = 500
    decision: int = 500
    noise: float = dataclasses.field(default=0.0, kw_only=True)

    @property
    def input_dim(self) -> int:
        """The fixation point, no-go and go."""
        return 3

    @property
    def output_dim(self) -> int:
        """To keep still, to act."""
        return 2

    @property
    def answers(self) -> int:
        """Two: not to act is one."""
        return 2

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a trial."""
        now = self.during(size)
        words = draw_words(key, 1 + self.words_of_noise(self.input_dim - 1))
        go = below(words[0], 2)
        return self.trial(now, [self.noisy(words[1:], jax.nn.one_hot(go, 2), now["stimulus"])], go)
