"""What tasks share in which an interval is to be produced."""

import abc
import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch, masked_mean, remaining
from rnnjax.tasks.neuro.trialtask import TrialTask
from rnnjax.typing import Array


class TimingTask(TrialTask):
    """Act once, an interval after a trial's last sign.

    After the epochs comes the production, as long as two intervals, in which all inputs are 0.
    Wanted is class 1 at its middle, an interval after it began, and class 0 at all other steps.
    With an interval of three steps:

        targets   ... 0 | 0 0 0 1 0 0

    Attributes:
        dt: milliseconds of a step.
        margin: share of an interval by which an action may be early or late.
        noise: standard deviation of the noise in all inputs but the fixation point before the
            production, in a step of 1 ms; usually none.
        waiting: weight in the loss of a step before the production, where one of it has 1; at 0 it
            alone counts.
    """

    dt: int = dataclasses.field(default=80, kw_only=True)
    margin: float = dataclasses.field(default=0.2, kw_only=True)
    noise: float = dataclasses.field(default=0.0, kw_only=True)

    slack = 25  # ms by which an action may be off besides
    shown = ()

    def __post_init__(self) -> None:
        """Refuses margins that cannot be.

        Raises:
            ValueError: if `margin` is not from 0 to 1, excluded, or see `TrialTask`.
        """
        super().__post_init__()
        if not 0 <= self.margin < 1:
            raise ValueError(f"{self}: margin must be 0 or more and below 1, not {self.margin}")

    @abc.abstractmethod
    def intervals_of(self, size: Any) -> list[Any]:
        """Returns the intervals, in steps, that a trial of a size may have, equally likely."""

    @property
    def output_dim(self) -> int:
        """To wait, to act."""
        return 2

    @property
    def baseline(self) -> float | None:
        """The entropy of the target where the inputs are 0, by the number of the step.

        Without memory the steps before the production are certain, for some input is on. At step t
        of a trial, in it, the chance of class 1 is the share, among all sizes and intervals whose
        production holds t, of those whose middle is t: they are counted, and weighted by how
        likely they are. None if there is one interval at one time, for then t tells all.
        """
        sizes, chances = self.sizes_and_chances
        intervals = np.stack([np.broadcast_to(i, sizes.shape) for i in self.intervals_of(sizes)])
        start = np.broadcast_to(self.start_of(sizes), intervals.shape)
        share = np.broadcast_to(chances / len(intervals), intervals.shape)
        t = np.arange((start + 2 * intervals).max())[:, None, None]
        asked = (share * ((t >= start) & (t < start + 2 * intervals))).sum((1, 2))
        acts = (share * (t == start + intervals)).sum((1, 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = [np.where(n > 1e-12, n * np.log(n / asked), 0) for n in (acts, asked - acts)]
        weight = asked.sum() + self.waiting * (share * start).sum()
        return float(-np.sum(terms) / weight) or None

    def start_of(self, size: Any) -> Any:
        """Returns the first step of the production."""
        return sum(super().lengths(size).values())

    def lengths(self, size: Any) -> dict[str, Any]:
        """Returns the steps of each epoch of a trial of a size, with the longest interval."""
        longest = self.intervals_of(size)[-1]
        return super().lengths(size) | {"production": 2 * longest}

    def timed(
        self, words: Array, now: dict[str, Array], signs: Array, start: Any, interval: Any
    ) -> Batch:
        """Returns a trial with an interval, in steps, to be produced from the step `start` on.

        Args:
            words: random ones, for the noise of the signs.
            now: the steps of the epochs.
            signs: inputs `[T, N]` besides the fixation point.
            start: the first step of the production.
            interval: steps.
        """
        t = jnp.arange(len(signs))
        production = (t >= start) & (t < start + 2 * interval)
        shown = self.noisy(words, signs, t < start)
        return self.trial(now | {"production": production}, [shown], t == start + interval)

    def decided(self, batch: Batch) -> Array:
        """Returns which steps that count are of the production, `[T, B]`."""
        to_come = remaining(batch.mask)
        return batch.mask & (to_come <= 2 * _at(_acts(batch), to_come)[None])

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The share of trials whose first action in the production is at the right time.

        That is within `margin` of the interval and 25 ms of it.
        """
        to_come, production = remaining(batch.mask), self.decided(batch)
        interval = _at(_acts(batch), to_come)
        acts = production & (outputs.argmax(-1) == 1)
        first = acts & (jnp.cumsum(acts.astype(int), axis=0) == 1)
        off = jnp.abs(_at(first, to_come) - interval) * self.dt
        right = acts.any(0) & (off <= self.margin * interval * self.dt + self.slack)
        return {"accuracy": masked_mean(right.astype(outputs.dtype), interval > 0)}


def _acts(batch: Batch) -> Array:
    """Returns the steps at which to act, one a trial: so many from the end as the interval has."""
    return batch.mask & (batch.targets == 1)


def _at(step: Array, values: Array) -> Array:
    """Returns `values [T, B]` at the one step that is True, 0 if none is: `[B]`."""
    return jnp.where(step, values, 0).sum(0)
