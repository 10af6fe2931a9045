"""Where batches come from: pure functions of an epoch's order and an index, on the device.

A source is a pytree, so that images are arguments of the compiled loop and no constants in it.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol

import jax
import jax.numpy as jnp

from rnnjax.tasks.base import Batch, Task
from rnnjax.typing import Array, Key, Static

Order = Any  # an epoch's: a permutation, a key, or the sequences themselves


class Source(Protocol):
    """Batches in a fixed order, an epoch at a time.

    Attributes:
        batch_size: B.
        updates_per_epoch: how many full batches an epoch has.
        batches: how many batches hold all there is; the last one may be padded, mask False.
    """

    @property
    def batch_size(self) -> int: ...  # noqa: D102
    @property
    def updates_per_epoch(self) -> int: ...  # noqa: D102
    @property
    def batches(self) -> int: ...  # noqa: D102

    def shuffled(self, key: Key) -> Order:
        """Returns the order of an epoch of training."""
        ...

    def ordered(self) -> Order:
        """Returns the one order of evaluation."""
        ...

    def batch(self, order: Order, index: Array, rows: Array) -> Batch:
        """Returns the sequences `rows`, of `range(B)`, of batch `index`."""
        ...


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class ImageSource:
    """Images as sequences; an epoch of training is a permutation of them."""

    images: Array  # uint8 [N, height, width]
    labels: Array  # int32 [N]
    to_sequences: Callable[[Array], Array] = dataclasses.field(metadata={"static": True})
    batch_size: int = dataclasses.field(metadata={"static": True})

    @property
    def updates_per_epoch(self) -> int:
        """N / B, rounded down: training leaves out the short batch that an epoch would end with."""
        return len(self.labels) // self.batch_size

    @property
    def batches(self) -> int:
        """N / B, rounded up."""
        return -(-len(self.labels) // self.batch_size)

    def shuffled(self, key: Key) -> Array:
        """Returns a permutation of the images."""
        return jax.random.permutation(key, len(self.labels))

    def ordered(self) -> Array:
        """Returns the images as they come."""
        return jnp.arange(len(self.labels))

    def batch(self, order: Array, index: Array, rows: Array) -> Batch:
        """Gathers images and makes them sequences, `[T, len(rows), D]`."""
        position = index * self.batch_size + rows
        there = position < len(self.labels)
        chosen = order[jnp.where(there, position, 0)]
        return Batch(self.to_sequences(self.images[chosen]), self.labels[chosen], there)


class TaskSource(Static):
    """Sequences of a task, new ones at each update of training, the same at each evaluation."""

    task: Task
    batch_size: int
    batches: int = 1

    @property
    def updates_per_epoch(self) -> int:
        """As many as there are batches."""
        return self.batches

    def shuffled(self, key: Key) -> Key:
        """Returns the key."""
        return key

    def ordered(self) -> Key:
        """Returns a key that no training has, by its tag."""
        return jax.random.fold_in(jax.random.key(0), 0x7E57)

    def batch(self, order: Key, index: Array, rows: Array) -> Batch:
        """Draws the whole batch, so that the sequences do not depend on the number of devices."""
        whole = self.task.sample(jax.random.fold_in(order, index), self.batch_size)
        return jax.tree.map(lambda x: x[:, rows], whole)


class WindowSource(Static):
    """Long sequences of a task in windows one after another; an epoch is one draw of them."""

    task: Task
    batch_size: int
    window: int
    length: int  # T of the task's sequences

    @property
    def updates_per_epoch(self) -> int:
        """How many whole windows the sequences have."""
        return self.length // self.window

    @property
    def batches(self) -> int:
        """The same."""
        return self.updates_per_epoch

    def shuffled(self, key: Key) -> Batch:
        """Draws the sequences of an epoch."""
        return self.task.sample(key, self.batch_size)

    def ordered(self) -> Batch:
        """Draws sequences that no training has, by their key's tag."""
        return self.task.sample(jax.random.fold_in(jax.random.key(0), 0x7E57), self.batch_size)

    def batch(self, order: Batch, index: Array, rows: Array) -> Batch:
        """Cuts out window `index`."""
        start = index * self.window

        def cut(x: Array) -> Array:
            return jax.lax.dynamic_slice_in_dim(x, start, self.window)[:, rows]

        return jax.tree.map(cut, order)
