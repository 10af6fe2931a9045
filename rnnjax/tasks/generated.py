"""Tasks whose sequences are made, not stored."""

import abc
from typing import TYPE_CHECKING

from rnnjax.batch import Batch
from rnnjax.tasks.base import Task
from rnnjax.tasks.sources import Drawn, Part, Source, Windows
from rnnjax.typing import Key, Static

TAGS = {"train": 0, "validation": 0x7A1, "test": 0x7E57}  # of keys, so that no two parts agree
HELD_OUT = 10  # batches of an evaluation


class GeneratedTask(Task, Static):
    """A source of random sequences. All methods are pure and can be compiled.

    Training sees new sequences at every update; validation and test are ten batches each, drawn
    with keys of their own, always the same.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> class Last(GeneratedTask):
        ...     '''Say the last number.'''
        ...
        ...     length: int = 5
        ...     input_dim = output_dim = 1
        ...     per_step = False
        ...
        ...     def sample(self, key, batch_size):
        ...         xs = jax.random.uniform(key, (self.length, batch_size, 1))
        ...         return Batch(xs, xs[-1], jnp.ones(batch_size, bool))
        >>> Last(length=3).sample(jax.random.key(0), batch_size=2).inputs.shape
        (3, 2, 1)
    """

    @abc.abstractmethod
    def sample(self, key: Key, batch_size: int) -> Batch:
        """Draws `batch_size` sequences."""

    def source(self, part: Part, batch_size: int) -> Source:
        """Returns the batches of a part."""
        batches = 1 if part == "train" else HELD_OUT
        return Drawn(self, batch_size, batches, TAGS[part])


class WindowedTask(GeneratedTask):
    """A long series, for truncated backpropagation: cut in windows, the state carried between them.

    A subclass has the fields `length`, T of the series, and `window`, the steps of a window.

    References:
        Williams & Peng (1990), An efficient gradient-based algorithm for on-line training of
        recurrent network trajectories, Neural Computation 2.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> class Parity(WindowedTask):
        ...     '''Say whether the number of ones so far is odd.'''
        ...
        ...     length: int = 1000
        ...     window: int = 20
        ...     input_dim, output_dim = 1, 2
        ...
        ...     def sample(self, key, batch_size):
        ...         bits = jax.random.bernoulli(key, 0.5, (self.length, batch_size)).astype(int)
        ...         return Batch(bits[..., None] * 1.0, bits.cumsum(0) % 2, bits >= 0)
        >>> Parity().source("train", batch_size=4).updates_per_epoch
        50
    """

    carries = True

    if TYPE_CHECKING:  # a subclass has them as fields, in an order and with defaults of its own
        length: int
        window: int

    def source(self, part: Part, batch_size: int) -> Windows:
        """Returns the windows of a part, `batch_size` series at once."""
        return Windows(self, batch_size, self.window, self.length, TAGS[part])
