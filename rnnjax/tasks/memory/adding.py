"""The adding problem."""

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch, masked_mean, squared_error
from rnnjax.tasks.generated import GeneratedTask
from rnnjax.typing import Array, Key


class Adding(GeneratedTask):
    """Add the two marked numbers of a long row.

    Each step brings a number, uniform in [0, 1], and a marker. One marker is 1 in the first half
    of the sequence and one in the second; the wanted output at the last step is the sum of the two
    numbers beside them.

        numbers  .2  .7  .1  .9  .4  .3
        markers   0   1   0   0   1   0      wanted at the last step: .7 + .4 = 1.1

    Attributes:
        length: steps of a sequence.

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

    def __post_init__(self) -> None:
        """Refuses sequences without two halves.

        Raises:
            ValueError: if `length` is below 2.
        """
        if self.length < 2:
            raise ValueError(f"{self}: length must be 2 or more")

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

    def sample(self, key: Key, batch_size: int) -> Batch:
        """Draws `batch_size` sequences."""
        key_numbers, key_first, key_second = jax.random.split(key, 3)
        half = self.length // 2
        numbers = jax.random.uniform(key_numbers, (self.length, batch_size))
        first = jax.random.randint(key_first, (batch_size,), 0, half)
        second = jax.random.randint(key_second, (batch_size,), half, self.length)
        t = jnp.arange(self.length)[:, None]
        markers = ((t == first[None]) | (t == second[None])).astype(numbers.dtype)
        targets = jnp.broadcast_to((numbers * markers).sum(0, keepdims=True), numbers.shape)
        return Batch(
            inputs=jnp.stack([numbers, markers], axis=-1),
            targets=targets[..., None],
            mask=jnp.broadcast_to(t == self.length - 1, numbers.shape),
        )

    def loss(self, outputs: Array, batch: Batch) -> Array:
        """Mean squared error at the last step."""
        return squared_error(outputs, batch.targets, batch.mask)

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The share of sums that are off by less than 0.04, as the 1997 paper counts them."""
        right = jnp.abs(outputs - batch.targets)[..., 0] < 0.04
        return {"accuracy": masked_mean(right.astype(outputs.dtype), batch.mask)}
