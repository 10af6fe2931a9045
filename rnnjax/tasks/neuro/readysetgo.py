"""Ready, set, go: to measure an interval and produce it."""

import dataclasses
from typing import Any

import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.base import check_fields
from rnnjax.tasks.draws import draw_words
from rnnjax.tasks.neuro.timingtask import TimingTask
from rnnjax.typing import Array, Key


class ReadySetGo(TimingTask):
    """Measure the time from one flash to another, and act when as much has passed again.

    The interval to measure goes from the onset of the first flash, ready, to that of the second,
    set; the one to produce begins when that goes out. With steps of 80 ms and an interval of 240:

        fixation   1   1 1 1   1   0 0 0 0 0 0
        ready      0   1 0 0   0   0 0 0 0 0 0
        set        0   0 0 0   1   0 0 0 0 0 0
        targets    0   0 0 0   0   0 0 0 1 0 0

    Intervals are uniform from `shortest` to `measure`. One who always produces their mean, 1150 ms,
    is off by 202 ms, root mean square.

    Attributes:
        measure: milliseconds to measure, the most in training.
        fixation: milliseconds before ready.
        ready: milliseconds of the first flash, the first of those to measure.
        set: milliseconds of the second flash.
        gain: what the interval to produce is of the one measured, to a thousandth.
        shortest: milliseconds to measure, the fewest.

    References:
        Jazayeri & Shadlen (2010), Temporal context calibrates interval timing, Nature Neuroscience
        13.
        Remington, Narain, Hosseini & Jazayeri (2018), Flexible sensorimotor computations through
        rapid reconfiguration of cortical dynamics, Neuron 98 (gains of 1 and 1.5).
        Molano-Mazón et al. (2022), NeuroGym (the form; there the production has one step more if
        twice the interval is an odd number of steps).

    Example:
        >>> import jax
        >>> task = ReadySetGo(measure=240, shortest=None)
        >>> batch = task.sample(jax.random.key(0), batch_size=1)
        >>> batch.inputs[:, 0, 1:].argmax(-1).tolist(), batch.targets[:, 0].tolist()
        ([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0])
    """

    size_field = "measure"
    epochs = ("fixation", "measure", "set")

    measure: int = 1500
    fixation: int = 100
    ready: int = 83
    set: int = 83
    gain: float = 1.0
    shortest: int | None = dataclasses.field(default=800, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses flashes and gains that cannot be.

        Raises:
            ValueError: if `ready` or `gain` is not positive, or see `TimingTask`.
        """
        check_fields(self)  # before the sizes are, which follow from these
        if self.ready <= 0:
            raise ValueError(f"{self}: ready must be more than 0 ms, not {self.ready}")
        if self.gain < 0.001:
            raise ValueError(f"{self}: gain must be 0.001 or more, not {self.gain}")
        super().__post_init__()

    @property
    def smallest(self) -> int:
        """What has a step to measure and one to produce."""
        thousandths = round(1000 * self.gain)
        return max(self.dt, -(-1000 * self.dt // thousandths))

    @property
    def input_dim(self) -> int:
        """The fixation point, ready, set."""
        return 3

    def intervals_of(self, size: Any) -> list[Any]:
        """Returns the interval to produce, in steps."""
        return [size * round(1000 * self.gain) // (1000 * self.dt)]

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a trial."""
        now = self.during(size)
        lit = self.steps_in(self.fixation) + self.steps_in(self.ready)
        ready = now["measure"] & (jnp.arange(len(now["measure"])) < lit)
        flashes = jnp.stack([ready, now["set"]], axis=-1).astype(float)
        words = draw_words(key, self.words_of_noise(self.input_dim - 1))
        (interval,) = self.intervals_of(size)
        return self.timed(words, now, flashes, self.start_of(size), interval)
