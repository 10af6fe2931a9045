"""Where batches come from: pure functions of an epoch's order and an index, on the device.

A source is a pytree, so that stored data are arguments of the compiled loop and no constants in it.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, Literal, Protocol

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.draws import permutation
from rnnjax.typing import Array, Key

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")

Order = Any  # an epoch's: a permutation, a key, or the sequences themselves


class Source(Protocol):
    """Batches in a fixed order, an epoch at a time.

    Attributes:
        batch_size: B.
        updates_per_epoch: how many full batches an epoch has.
        batches: how many batches hold all there is; the last one may be padded, mask False.

    Example:
        >>> from rnnjax.tasks import Adding
        >>> source = Adding(5).source("train", batch_size=8)
        >>> order = source.shuffled(jax.random.key(0))
        >>> source.batch(order, jnp.array(0), jnp.arange(8)).inputs.shape
        (5, 8, 2)
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


class CanSample(Protocol):
    """What draws sequences, such as a `GeneratedTask`."""

    def sample(self, key: Key, batch_size: int) -> Batch:
        """Draws `batch_size` sequences."""
        ...


def held_out_key(tag: Array | int) -> Key:
    """Returns a key that no training has."""
    return jax.random.fold_in(jax.random.key(0), tag)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Drawn:
    """Sequences of a task, new ones at each update of training, the same at each evaluation."""

    task: CanSample = dataclasses.field(metadata={"static": True})
    batch_size: int = dataclasses.field(metadata={"static": True})
    batches: int = dataclasses.field(default=1, metadata={"static": True})
    tag: Array | int = 0  # of what is drawn in evaluation, no constant: parts share a program

    @property
    def updates_per_epoch(self) -> int:
        """As many as there are batches."""
        return self.batches

    def shuffled(self, key: Key) -> Key:
        """Returns the key."""
        return key

    def ordered(self) -> Key:
        """Returns a key that no training has, by its tag."""
        return held_out_key(self.tag)

    def batch(self, order: Key, index: Array, rows: Array) -> Batch:
        """Draws the whole batch, so that the sequences do not depend on the number of devices."""
        whole = self.task.sample(jax.random.fold_in(order, index), self.batch_size)
        return rows_of(whole, rows)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Windows:
    """Long sequences of a task in windows one after another; an epoch is one draw of them."""

    task: CanSample = dataclasses.field(metadata={"static": True})
    batch_size: int = dataclasses.field(metadata={"static": True})
    window: int = dataclasses.field(metadata={"static": True})
    length: int = dataclasses.field(metadata={"static": True})  # T of the task's sequences
    tag: Array | int = 0  # of what is drawn in evaluation, no constant: parts share a program

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
        return self.task.sample(held_out_key(self.tag), self.batch_size)

    def batch(self, order: Batch, index: Array, rows: Array) -> Batch:
        """Cuts out window `index`."""
        start = index * self.window

        def cut(x: Array) -> Array:
            return jax.lax.dynamic_slice_in_dim(x, start, self.window)

        return rows_of(jax.tree.map(cut, order), rows)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Gathered:
    """Stored examples; an epoch of training is a permutation of them.

    Attributes:
        examples: a pytree of arrays `[N, ...]`.
        to_batch: makes a batch of examples `[B, ...]` and of which of them are there, boolean
            `[B]`; the rest is padding, to be masked.
        batch_size: B.
    """

    examples: Any
    to_batch: Callable[[Any, Array], Batch] = dataclasses.field(metadata={"static": True})
    batch_size: int = dataclasses.field(metadata={"static": True})

    @property
    def count(self) -> int:
        """N."""
        return len(jax.tree.leaves(self.examples)[0])

    @property
    def updates_per_epoch(self) -> int:
        """N / B, rounded down: training leaves out the short batch that an epoch would end with."""
        return self.count // self.batch_size

    @property
    def batches(self) -> int:
        """N / B, rounded up."""
        return -(-self.count // self.batch_size)

    def shuffled(self, key: Key) -> Array:
        """Returns a permutation of the examples."""
        return permutation(key, self.count)

    def ordered(self) -> Array:
        """Returns the examples as they come."""
        return jnp.arange(self.count)

    def batch(self, order: Array, index: Array, rows: Array) -> Batch:
        """Gathers examples and makes a batch of them."""
        position = index * self.batch_size + rows
        there = position < self.count
        chosen = order[jnp.where(there, position, 0)]
        return self.to_batch(jax.tree.map(lambda x: x[chosen], self.examples), there)


def rows_of(batch: Batch, rows: Array) -> Batch:
    """Returns some sequences of a batch."""
    one_a_sequence = batch.mask.ndim == 1

    def pick(name: str, value: Array | None) -> Any:
        if value is None:
            return None
        first = one_a_sequence and name in ("targets", "mask")
        return value[rows] if first else value[:, rows]

    return Batch(**{name: pick(name, value) for name, value in batch._asdict().items()})
