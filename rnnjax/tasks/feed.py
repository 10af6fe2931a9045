"""Batches that the host delivers: a few of them at a time are on the device."""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch
from rnnjax.tasks.examples import AsBatch, Examples
from rnnjax.tasks.sources import Source
from rnnjax.tasks.stream import Position, Stream
from rnnjax.typing import Array, Key

MOST_BATCHES = 8  # of a piece: a compiled call of so many updates hides what it costs to begin one
MOST_BYTES = 64 * 2**20  # of a piece
_ENDLESS = 2**31 - 1


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Piece:
    """Some batches one after another: a `Source` of these alone.

    Attributes:
        examples: of arrays `[n, B, ...]`.
        there: boolean `[n, B]`; False at padding, which is masked.
        first: int32, the number of the first one among all batches of training.
        to_batch: as that of `Gathered`.
    """

    examples: Examples
    there: Any
    first: Any
    to_batch: AsBatch = dataclasses.field(metadata={"static": True})

    @property
    def batch_size(self) -> int:
        """B."""
        return self.there.shape[1]

    @property
    def updates_per_epoch(self) -> int:
        """More than anybody makes: only the host knows where an epoch ends."""
        return _ENDLESS

    @property
    def batches(self) -> int:
        """The n that are here."""
        return self.there.shape[0]

    def shuffled(self, key: Key) -> Array:
        """Returns the number that the first batch has in training; they come as they come."""
        del key
        return jnp.asarray(self.first)

    def ordered(self) -> Array:
        """Returns the number that the first batch has in an evaluation."""
        return jnp.zeros((), jnp.int32)

    def batch(self, order: Array, index: Array, rows: Array) -> Batch:
        """Returns sequences of the batch number `index`."""
        at = index - order
        examples = jax.tree.map(lambda x: jnp.asarray(x)[at][rows], self.examples)
        return self.to_batch(examples, jnp.asarray(self.there)[at][rows])


class Feed:
    """Batches in the order in which the host delivers them, as `Piece`s.

    Feeds of the same examples have the same pieces, and one that is told the position of another
    goes on as that one does, bit for bit.

    Args:
        begin: makes a stream of all examples from the first one on.
        to_batch: makes a batch of examples.
        batch_size: B.

    Example:
        >>> from rnnjax.tasks import Streamed
        >>> parts = [(np.full((2, 5, 1), x), np.full((2, 1), x)) for x in (0.0, 0.5)]
        >>> feed = Streamed(parts, input_dim=1, output_dim=1).source("train", batch_size=2)
        >>> feed.take(step=0, count=3).examples.targets[..., 0].tolist()
        [[0.0, 0.0], [0.5, 0.5], [0.0, 0.0]]
        >>> feed.position()
        {'read': 3, 'used': 0}
    """

    def __init__(self, begin: Callable[[], Stream], to_batch: AsBatch, batch_size: int):
        self.batch_size = batch_size
        self._begin, self._to_batch = begin, to_batch
        self._stream = begin()  # of training
        self._step = 0

    @functools.cached_property
    def first(self) -> Piece:
        """The first batch, for its shapes; it is still to come."""
        return self._piece([self._stream.peek(self.batch_size)])

    @property
    def at_once(self) -> int:
        """How many batches a piece has at most: some, but not too many bytes."""
        return _at_once(self.first.examples)

    def take(self, step: int, count: int, size: int = 0) -> Piece:
        """Returns the batches of `count` updates of training.

        Args:
            step: how many updates have been made; if others than those that batches have been taken
                for, the feed goes there first, see `seek`.
            count: how many batches are wanted.
            size: n of the piece, if more: one program serves pieces of the same n.
        """
        if step != self._step:
            self.seek({}, step)
        batches = [self._stream.take(self.batch_size) for _ in range(count)]
        self._step += count
        return self._piece(batches, step, size)

    def all(self) -> Iterator[Piece]:
        """Yields everything once, for an evaluation; all pieces have the n of the first one."""
        batches: list[Examples] = []
        size = most = 0
        for examples in self._begin().rest(self.batch_size):
            most = most or _at_once(self._piece([examples]).examples)
            batches.append(examples)
            if len(batches) == most:
                yield self._piece(batches)
                batches, size = [], most
        if batches:
            yield self._piece(batches, size=size)

    def position(self) -> Position:
        """Returns where training takes its next batch from; JSON can hold it."""
        return self._stream.position

    def seek(self, position: Position, step: int) -> None:
        """Goes to where training takes the batch of an update from.

        Args:
            position: of `position` at that step, or {}: then all batches before are read again.
            step: how many updates have been made.
        """
        if position:
            self._stream.seek(position)
        else:
            if self._step > step:
                self._stream, self._step = self._begin(), 0
            for _ in range(step - self._step):
                self._stream.take(self.batch_size)
        self._step = step

    def _piece(self, batches: Sequence[Examples], first: int = 0, size: int = 0) -> Piece:
        shape = max(size, len(batches)), self.batch_size
        columns = zip(*batches, strict=True)
        examples = Examples(*(None if c[0] is None else _stacked(c, shape) for c in columns))
        there = _stacked([np.ones(len(batch.inputs), bool) for batch in batches], shape)
        return Piece(examples, there, np.int32(first), self._to_batch)


def first_of(source: Source | Feed) -> Source:
    """Returns a source that has the first batch at least, to look at it.

    Example:
        >>> from rnnjax.tasks import Adding
        >>> first_of(Adding(4).source("test", 8)).batch_size
        8
    """
    return source.first if isinstance(source, Feed) else source


def pieces(source: Source | Feed) -> Iterable[Source]:
    """Returns what has to be evaluated, one after another, to have seen everything.

    Example:
        >>> from rnnjax.tasks import Adding
        >>> len(pieces(Adding(4).source("test", 8)))
        1
    """
    return source.all() if isinstance(source, Feed) else [source]


def batches(source: Source | Feed) -> Iterator[Batch]:
    """Yields all batches once, in the order of an evaluation.

    Example:
        >>> from rnnjax.tasks import Adding
        >>> [batch.inputs.shape for batch in batches(Adding(4).source("test", 8))][:2]
        [(4, 8, 2), (4, 8, 2)]
    """
    for piece in pieces(source):
        order, rows = piece.ordered(), jnp.arange(piece.batch_size)
        for index in range(piece.batches):
            yield piece.batch(order, jnp.array(index), rows)


def _at_once(batch: Examples) -> int:
    size = sum(x.nbytes for x in batch if x is not None)
    return max(1, min(MOST_BATCHES, MOST_BYTES // max(size, 1)))


def _stacked(arrays: Sequence[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Returns arrays `[m, ...]` as `[n, B, ...]`, zero where there are no more."""
    stacked = np.zeros((*shape, *arrays[0].shape[1:]), arrays[0].dtype)
    for index, array in enumerate(arrays):
        stacked[index, : len(array)] = array
    return stacked
