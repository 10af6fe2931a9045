"""Interval production: a cue says how long to wait."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.neuro.timingtask import TimingTask
from rnnjax.typing import Array, Key


class IntervalProduction(TimingTask):
    """Act when the time has passed that a cue stands for.

    Each interval has an input, its cue. It is on for a random time and a little longer, together
    with a signal, set; then all inputs go out, and the interval begins. With steps of 80 ms, the
    intervals 160 and 240, of which it is the second, and a cue of two steps before set:

        fixation    1   1 1   1   0 0 0 0 0 0
        cue 160     0   0 0   0   0 0 0 0 0 0
        cue 240     0   1 1   1   0 0 0 0 0 0
        set         0   0 0   1   0 0 0 0 0 0
        targets     0   0 0   0   0 0 0 1 0 0

    Cues are uniformly long, from `shortest` to `cue`.

    Attributes:
        cue: milliseconds of the cue before set, the most in training.
        fixation: milliseconds before the cue.
        set: milliseconds of the sign; a step at least.
        intervals: milliseconds to wait, each equally likely, in rising order.
        shortest: milliseconds of the cue before set, the fewest.

    References:
        Wang, Narain, Hosseini & Jazayeri (2018), Flexible timing by temporal scaling of cortical
        responses, Nature Neuroscience 21.
        Molano-Mazón et al. (2022), NeuroGym, MotorTiming (the form; there set, shorter than a step,
        is in three trials of eight not to be seen).

    Example:
        >>> task = IntervalProduction(160, 80, intervals=(160, 240), shortest=None)
        >>> batch = task.sample(jax.random.key(0), batch_size=1)
        >>> cue = batch.inputs[1, 0, 1:3].argmax()
        >>> bool(batch.targets[:, 0].argmax() == 4 + 2 + cue)
        True
    """

    size_field = "cue"
    epochs = ("fixation", "cue", "set")

    cue: int = 3000
    fixation: int = 500
    set: int = 50
    intervals: tuple[int, ...] = (800, 1500)
    shortest: int | None = dataclasses.field(default=1000, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses intervals that cannot be.

        Raises:
            ValueError: if `intervals` are none, do not rise or are below `dt`, or see `TimingTask`.
        """
        rising = all(a < b for a, b in zip(self.intervals, self.intervals[1:], strict=False))
        if not self.intervals or not rising or self.intervals[0] < max(self.dt, 1):
            raise ValueError(f"{self}: intervals must be dt or more, in rising order")
        super().__post_init__()

    @property
    def input_dim(self) -> int:
        """The fixation point, the cues, set."""
        return 2 + len(self.intervals)

    def intervals_of(self, size: Any) -> list[Any]:
        """Returns the intervals, in steps."""
        del size
        return [interval // self.dt for interval in self.intervals]

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a trial."""
        now = self.during(size)
        words = draw_words(key, 1 + self.words_of_noise(self.input_dim - 1))
        which = below(words[0], len(self.intervals))
        cue = jax.nn.one_hot(which, len(self.intervals))
        lit = (now["cue"] | now["set"])[:, None] * cue[None]
        signs = jnp.concatenate([lit, now["set"][:, None].astype(float)], axis=-1)
        interval = jnp.array(self.intervals_of(size))[which]
        return self.timed(words[1:], now, signs, self.start_of(size), interval)
