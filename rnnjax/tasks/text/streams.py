"""One long sequence of symbols, read at several places at once."""

import dataclasses

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.typing import Array, Key


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Streams:
    """A sequence of symbols, cut into as many streams as a batch has sequences, read in windows.

    Attributes:
        symbols: whole numbers `[N]`; the target of each but the last is the one after it.
        batch_size: B.
        window: T.

    Example:
        >>> streams = Streams(jnp.arange(13), batch_size=2, window=4)
        >>> batch = streams.batch(None, jnp.array(1), jnp.arange(2))
        >>> batch.inputs.T.tolist(), batch.mask.sum(0).tolist()
        ([[4, 5, 6, 7], [10, 11, 11, 11]], [2, 2])
    """

    symbols: Array
    batch_size: int = dataclasses.field(metadata={"static": True})
    window: int = dataclasses.field(metadata={"static": True})

    @property
    def length(self) -> int:
        """Steps of a stream; the last stream may have fewer."""
        return -(-(len(self.symbols) - 1) // self.batch_size)

    @property
    def updates_per_epoch(self) -> int:
        """How many whole windows all streams have."""
        return self.length // self.window

    @property
    def batches(self) -> int:
        """How many windows hold all there is."""
        return -(-self.length // self.window)

    def shuffled(self, key: Key) -> None:
        """Returns nothing: a text is read in its order."""
        del key

    def ordered(self) -> None:
        """Returns nothing."""

    def batch(self, order: None, index: Array, rows: Array) -> Batch:
        """Returns window `index` of streams."""
        del order
        t = index * self.window + jnp.arange(self.window)[:, None]
        place, last = rows[None] * self.length + t, len(self.symbols) - 1
        there = (t < self.length) & (place < last)
        place = jnp.minimum(place, last - 1)
        return Batch(self.symbols[place], self.symbols[place + 1], there)
