"""Context-dependent decision: of two noisy stimuli one is to be ignored."""

import dataclasses
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch
from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.neuro.perceptualdecision import PerceptualDecision
from rnnjax.tasks.neuro.trialtask import tuned
from rnnjax.typing import Array, Key


class ContextDecision(PerceptualDecision):
    """Say which direction is the stronger in the stimulus that the context names.

    There are two stimuli at once, such as motion and colour, each as in `PerceptualDecision`, with
    a direction and a coherence of its own. Two more inputs say which of them counts. With a
    stimulus of three steps, motion towards the first and colour towards the second direction, and
    the context of colour:

        fixation   1   1    1    1   1   1   0
        motion     0  .6   .7   .5   0   0   0
                   0  .4   .4   .3   0   0   0
        colour     0  .5   .3   .4   0   0   0
                   0  .5   .6   .8   0   0   0
        context    0   0    0    0   0   0   0
                   1   1    1    1   1   1   0
        targets    0   0    0    0   0   0   2

    The delay is exponential from `shortest` on and cut off at `delay`, so that the wait so far
    tells little about its end. With the defaults an ideal observer chooses right in .825 .997 1 of
    the trials, .941 on average; one who looks at the wrong stimulus in half of them.

    Attributes:
        fixation: milliseconds before the stimuli.
        stimulus: milliseconds of them.
        delay: milliseconds from them to the decision, the most in training.
        decision: milliseconds in which the choice is wanted.
        choices: directions.
        coherences: of a stimulus, in percent, each equally likely; 5, 15, 50 are the 1, 3, 10 of
            Song et al., whose inputs have five times the contrast.
        context: "explicit", either stimulus in turn, as two inputs say; "first" or "second", always
            that one, which no input says and training has to find.
        mean_delay: the mean in ms of the exponential, beyond the shortest delay and before it is
            cut off; none for delays that are all equally likely.

    References:
        Mante, Sussillo, Shenoy & Newsome (2013), Context-dependent computation by recurrent
        dynamics in prefrontal cortex, Nature 503 (the task; there without a delay).
        Song, Yang & Wang (2016), Training excitatory-inhibitory recurrent neural networks for
        cognitive tasks, PLoS Computational Biology 12.
        Molano-Mazón et al. (2022), NeuroGym (the form, whose usual context is "first"; there an
        explicit one is shown in the decision, too).

    Example:
        >>> task = ContextDecision(stimulus=200, delay=200, shortest=None, noise=0.0)
        >>> batch = task.sample(jax.random.key(0), batch_size=1)
        >>> batch.inputs.shape
        (8, 1, 7)
        >>> directions, context = batch.inputs[3, 0, 1:5].reshape(2, 2), batch.inputs[0, 0, 5:]
        >>> bool(directions[context.argmax()].argmax() + 1 == batch.targets[-1, 0])
        True
    """

    size_field = "delay"

    fixation: int = 300
    stimulus: int = 750
    delay: int = 3000
    decision: int = 100
    coherences: tuple[float, ...] = (5.0, 15.0, 50.0)
    context: Literal["explicit", "first", "second"] = "explicit"
    mean_delay: float | None = 600.0
    shortest: int | None = dataclasses.field(default=300, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses delays that cannot be.

        Raises:
            ValueError: if `mean_delay` is not positive, or see `PerceptualDecision`.
        """
        super().__post_init__()
        if self.mean_delay is not None and self.mean_delay <= 0:
            raise ValueError(f"{self}: mean_delay must be more than 0, not {self.mean_delay}")

    @property
    def input_dim(self) -> int:
        """The fixation point, the directions of two stimuli, and the contexts if they are shown."""
        return 1 + 2 * self.choices + 2 * (self.context == "explicit")

    @property
    def sizes_and_chances(self) -> tuple[np.ndarray, np.ndarray]:
        """All delays in training, and how likely each is."""
        sizes, chances = super().sizes_and_chances
        if self.mean_delay is not None:
            chances = np.exp(-(sizes - sizes[0]) / self.mean_delay)
        return sizes, chances / chances.sum()

    def draw_sizes(self, key: Key, count: int, least: Array | int, greatest: Array | int) -> Array:
        """Draws delays."""
        if self.mean_delay is None:
            return super().draw_sizes(key, count, least, greatest)
        width = jnp.asarray(greatest) + 1 - jnp.asarray(least)
        chance = jax.random.uniform(key, (count,)) * -jnp.expm1(-width / self.mean_delay)
        beyond = (-self.mean_delay * jnp.log1p(-chance)).astype(int)  # where its chance is reached
        return least + jnp.minimum(beyond, width - 1)

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a trial."""
        now = self.during(size)
        words = draw_words(key, 5 + self.words_of_noise(2 * self.choices))
        choice, contrast = below(words[:2], self.choices), self.contrasts(words[2:4])
        rings = jax.vmap(tuned, (0, None))(2 * jnp.pi / self.choices * choice, self.choices)
        means = (0.5 + contrast[:, None] * rings).reshape(-1)
        stimuli = [self.noisy(words[5:], means, now["stimulus"])]
        if self.context == "explicit":
            which = below(words[4], 2)
            waits = now["fixation"] | now["stimulus"] | now["delay"]
            stimuli.append(waits[:, None] * jax.nn.one_hot(which, 2)[None])
        else:
            which = ("first", "second").index(self.context)
        return self.trial(now, stimuli, 1 + choice[which])
