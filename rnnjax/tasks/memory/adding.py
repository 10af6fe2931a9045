"""The adding problem."""

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch, masked_mean, squared_error
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array, Key


class Adding(SizedTask):
    """Add the two marked numbers of a long row.

    Each step brings a number, uniform in [0, 1], and a marker. One marker is 1 in the first half
    of the sequence and one in the second; the wanted output at the last step is the sum of the two
    numbers beside them.

        numbers  .2  .7  .1  .9  .4  .3
        markers   0   1   0   0   1   0      wanted at the last step: .7 + .4 = 1.1

    Attributes:
        length: steps of a sequence, the most in training.

    References:
        Hochreiter & Schmidhuber (1997), Long short-term memory, Neural Computation 9, section 5.4.
        Le, Jaitly & Hinton (2015), arXiv:1504.00941, section 4.1 (this form).

    Example:
        >>> batch = Adding(6).sample(jax.random.key(0), batch_size=1)
        >>> numbers, markers = batch.inputs[:, 0].T
        >>> bool(jnp.isclose(numbers @ markers, batch.targets[-1, 0, 0]))
        True
    """

    length: int = 100

    @property
    def smallest(self) -> int:
        """Two, one a half."""
        return 2

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

        Some papers print 0.1767 for this 0.1667.
        """
        return 1 / 6

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a sequence."""
        key_numbers, key_first, key_second = jax.random.split(key, 3)
        numbers = jax.random.uniform(key_numbers, self.length)
        first = jax.random.randint(key_first, (), 0, size // 2)
        second = jax.random.randint(key_second, (), size // 2, size)
        t = jnp.arange(self.length)
        markers = ((t == first) | (t == second)).astype(numbers.dtype)
        return Batch(
            inputs=jnp.stack([numbers, markers], axis=-1),
            targets=jnp.broadcast_to(numbers @ markers, (self.length, 1)),
            mask=t == size - 1,
        )

    def loss(self, outputs: Array, batch: Batch) -> Array:
        """Mean squared error at the last step."""
        return squared_error(outputs, batch.targets, batch.mask)

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The share of sums that are off by less than 0.04, as the 1997 paper counts them."""
        right = jnp.abs(outputs - batch.targets)[..., 0] < 0.04
        return {"accuracy": masked_mean(right.astype(outputs.dtype), batch.mask)}
