"""What tasks share that are trials: epochs of some duration, and then a decision."""

import dataclasses
import functools
import math
import operator
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch, accuracy, cross_entropy, remaining
from rnnjax.tasks.draws import normals
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array


class TrialTask(SizedTask):
    """Fixate through the epochs of a trial, then choose.

    Durations are in milliseconds. An epoch lasts `duration // dt` steps, and one at least if its
    duration is not 0. The first input is the fixation point, on until the decision: that it goes
    out is the sign to answer. Wanted is class 0, which is to fixate, and in the decision a choice.
    With epochs of 100, 200, 200 and 100 ms and steps of 100:

        epoch     fixation  stimulus  delay  decision
        fixation      1       1  1     1  1      0
        stimulus      0       s  s     0  0      0
        targets       0       0  0     0  0      c

    Stimuli are noisy. The sum over an epoch tells as much at any `dt`, for the variance of a step
    is `noise**2 / dt`.

    A subclass has the epochs' durations as fields, and names them in `epochs`, the decision last,
    and in `shown` those with a stimulus, without which there would be nothing to decide.

    Attributes:
        dt: milliseconds of a step.
        noise: standard deviation of the noise in a stimulus, in a step of 1 ms; in one of dt it is
            less by the square root of dt.
        waiting: weight in the loss of a step before the decision, where one of the decision has 1;
            at 0 the decision alone counts.

    References:
        Molano-Mazón et al. (2022), NeuroGym: an open resource for developing and sharing
        neuroscience tasks, doi:10.31234/osf.io/aqc9n. Epochs and stimuli are as there; but there
        the fixation point of some tasks is on in the first epoch alone.
    """

    size_field = "delay"
    epochs: ClassVar[tuple[str, ...]] = ("fixation", "stimulus", "delay", "decision")
    shown: ClassVar[tuple[str, ...]] = ("stimulus",)

    dt: int = dataclasses.field(default=100, kw_only=True)
    noise: float = dataclasses.field(default=1.0, kw_only=True)
    waiting: float = dataclasses.field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses durations and weights that cannot be.

        Raises:
            ValueError: if a duration, `noise` or `waiting` is negative, a stimulus or the decision
                has no time, `dt` is below 1, or see `SizedTask`.
        """
        super().__post_init__()
        if self.dt < 1:
            raise ValueError(f"{self}: dt must be 1 ms or more, not {self.dt}")
        for name in (*self.epochs, "noise", "waiting"):
            if getattr(self, name) < 0:
                raise ValueError(f"{self}: {name} must be 0 or more, not {getattr(self, name)}")
        for name in (*self.shown, self.epochs[-1]):
            if not getattr(self, name):
                raise ValueError(f"{self}: {name} must be more than 0 ms")

    @property
    def smallest(self) -> int:
        """No time at all; a millisecond of a stimulus."""
        return int(self.size_field in self.shown)

    @property
    def answers(self) -> int:
        """How many choices are equally likely to one who sees the decision alone."""
        return self.output_dim - 1

    @property
    def baseline(self) -> float | None:
        """`n ln(answers) / (n + waiting * m)`, of n steps of the decision and m before it.

        Without memory the steps before are certain, since the fixation point shows them, and each
        of the decision is a guess: all its inputs are zero. Of m it is the mean over all sizes.
        """
        sizes, chances = self.sizes_and_chances
        decided = self.lengths(self.size)[self.epochs[-1]]
        before = float(chances @ self.steps_of(sizes)) - decided
        return math.log(self.answers) * decided / (decided + self.waiting * before)

    @property
    def sizes_and_chances(self) -> tuple[np.ndarray, np.ndarray]:
        """All sizes in training, and how likely each is."""
        sizes = np.arange(self.size if self.shortest is None else self.shortest, self.size + 1)
        return sizes, np.full(len(sizes), 1 / len(sizes))

    def steps_in(self, duration: Any) -> Any:
        """Returns how many steps a duration in ms has; 1 if it is shorter than one, but not 0."""
        return duration // self.dt + (duration > 0) * (duration < self.dt)

    def lengths(self, size: Any) -> dict[str, Any]:
        """Returns the steps of each epoch of a trial of a size."""
        durations = {name: getattr(self, name) for name in self.epochs}
        return {
            name: self.steps_in(size if name == self.size_field else duration)
            for name, duration in durations.items()
        }

    def steps_of(self, size: Any) -> Any:
        """Returns T, the steps of all epochs."""
        return sum(self.lengths(size).values())

    def during(self, size: Array | int) -> dict[str, Array]:
        """Returns for each epoch the steps that are in it, `[T]`."""
        t = jnp.arange(self.steps_of(self.size))
        found, start = {}, 0
        for name, length in self.lengths(size).items():
            found[name] = (t >= start) & (t < start + length)
            start = start + length
        return found

    def words_of_noise(self, inputs: int) -> int:
        """Returns how many random words the noise of some inputs is made of."""
        return self.steps_of(self.size) * inputs if self.noise else 0

    def noisy(self, words: Array, means: Array, when: Array) -> Array:
        """Returns means with noise at the steps `when [T]`, else 0: `[T, N]`.

        Args:
            words: random ones, `words_of_noise(N)`.
            means: `[N]`, or `[T, N]`.
            when: boolean.
        """
        shown = jnp.broadcast_to(means, (len(when), means.shape[-1]))
        if self.noise:
            shown += self.noise / math.sqrt(self.dt) * normals(words).reshape(shown.shape)
        return jnp.where(when[:, None], shown, 0)

    def trial(self, now: dict[str, Array], stimuli: list[Array], answer: Array) -> Batch:
        """Returns a trial: the fixation point, then `stimuli`, each `[T, N]`, and what is wanted.

        Args:
            now: the steps of the epochs, the decision last.
            stimuli: the other inputs.
            answer: the class that is wanted in the decision, for all of it or for each step `[T]`.
        """
        *before, decision = now.values()
        waits = functools.reduce(operator.or_, before)
        fixation = waits[:, None].astype(float)
        targets = jnp.where(decision, answer, 0).astype(int)
        mask = waits | decision if self.waiting else decision
        return Batch(jnp.concatenate([fixation, *stimuli], axis=-1), targets, mask)

    def decided(self, batch: Batch) -> Array:
        """Returns which steps that count are of the decision, `[T, B]`: the last ones."""
        return batch.mask & (remaining(batch.mask) <= self.lengths(self.size)[self.epochs[-1]])

    def loss(self, outputs: Array, batch: Batch) -> Array:
        """Mean cross-entropy in nats, in which steps before the decision have weight `waiting`."""
        decided = self.decided(batch)
        before = batch.mask & ~decided
        n, m = decided.sum(), self.waiting * before.sum()
        chosen = cross_entropy(outputs, batch.targets, decided)
        fixated = cross_entropy(outputs, batch.targets, before)
        return (n * chosen + m * fixated) / jnp.maximum(n + m, 1)

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The share of right choices among the steps of the decision."""
        return {"accuracy": accuracy(outputs, batch.targets, self.decided(batch))}


def tuned(angle: Array, units: int) -> Array:
    """Returns `cos(theta - angle)` for as many angles theta around a circle, `[units]`.

    Example:
        >>> tuned(jnp.pi, 2).tolist()
        [-1.0, 1.0]
    """
    return jnp.cos(2 * jnp.pi / units * jnp.arange(units) - angle)
