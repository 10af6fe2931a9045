"""The adding problem."""

import dataclasses
from typing import Literal

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch, masked_mean
from rnnjax.tasks.memory.pooled import nominal_length, pooled
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array, Key

_FIRST = 10  # the first mark of 1997 is on one of so many numbers


class Adding(SizedTask):
    """Add the two marked numbers of a long row.

    Each step brings a number, uniform in [0, 1], and a marker, 0 or 1. One marker in the first half
    of the sequence is 1, and one in the second; wanted at the last step is the sum of the two
    numbers beside them.

        numbers  .2  .7  .1  .9  .4  .3
        markers   0   1   0   0   1   0      wanted at the last step: .7 + .4 = 1.1

    In the form of 1997 numbers are uniform in [-1, 1], the markers of the first and of the last are
    -1, and wanted is 1/2 and a quarter of the sum. The first mark is on one of the first ten
    numbers, the second on one of the first T/2 - 1 others; a mark on the very first number is not
    seen, and the number not added.

        numbers  .2 -.7  .1  .9  .4  .3
        markers  -1   1   1   0   0  -1      wanted: .5 + (-.7 + .1) / 4 = .35

    There lengths are from T to T + T / 10: `Adding(110, form="1997", shortest=100)` is T = 100.

    Attributes:
        length: steps of a sequence, the most in training.
        form: "2015", or "1997".

    References:
        Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9, section 5.4
        (the form "1997").
        Le, Jaitly & Hinton (2015), arXiv:1504.00941, section 4.1 (the form "2015").

    Example:
        >>> batch = Adding(6).sample(jax.random.key(0), batch_size=1)
        >>> numbers, markers = batch.inputs[:, 0].T
        >>> bool(jnp.isclose(numbers @ markers, batch.targets[-1, 0, 0]))
        True
    """

    length: int = 100
    form: Literal["2015", "1997"] = dataclasses.field(default="2015", kw_only=True)

    @property
    def smallest(self) -> int:
        """Two, one for each half; four in the form of 1997, so that T/2 - 1 is 1 or more."""
        return 2 if self.form == "2015" else 4

    @property
    def input_dim(self) -> int:
        """A number and a marker."""
        return 2

    @property
    def output_dim(self) -> int:
        """The sum."""
        return 1

    @property
    def baseline(self) -> float:
        """The variance of the sum of two uniform numbers, 2 / 12, had by always answering 1.

        Some papers print 0.1767 for this 0.1667. Once in T/2 sequences the last number is a marked
        one, and who sees it is left with 1/12 there; by custom that is not counted.

        In the form of 1997 the variance is 2 / 3 / 16, had by always answering 1/2, or less, as now
        and then a mark is on the first number, which is not added.
        """
        if self.form == "2015":
            return 1 / 6

        def variance(size: int) -> tuple[float, float]:
            half = int(nominal_length(self, size)) // 2
            first = 1 / min(_FIRST, half)
            lost = first + (1 - first) / (half - 1)  # how likely one mark is on the first number
            return (2 - lost) / 3 / 16, 1

        return pooled(self, variance)

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence."""
        key_numbers, key_first, key_second = jax.random.split(key, 3)
        numbers = jax.random.uniform(key_numbers, (self.length,))
        t, half = jnp.arange(self.length), size // 2
        if self.form == "1997":
            numbers, half = 2 * numbers - 1, nominal_length(self, size) // 2
            first = jax.random.randint(key_first, (), 0, jnp.minimum(_FIRST, half))
            second = jax.random.randint(key_second, (), 0, half - 1)
            second += second >= first
        else:
            first = jax.random.randint(key_first, (), 0, half)
            second = jax.random.randint(key_second, (), half, size)
        markers = ((t == first) | (t == second)).astype(numbers.dtype)
        if self.form == "1997":
            markers = jnp.where((t == 0) | (t == size - 1), -1, markers)
            wanted = 0.5 + numbers @ (markers == 1) / 4
        else:
            wanted = numbers @ markers
        return Batch(
            inputs=jnp.stack([numbers, markers], axis=-1),
            targets=jnp.broadcast_to(wanted, (self.length, 1)),
            mask=t == size - 1,
        )

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The share of sums that are off by less than 0.04, as the 1997 paper counts them."""
        right = jnp.abs(outputs - batch.targets)[..., 0] < 0.04
        return {"accuracy": masked_mean(right.astype(outputs.dtype), batch.mask)}
