"""Tasks of sequences that have a size, a length or a delay, which may vary and grow."""

import abc
import dataclasses
from typing import ClassVar, Self

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.draws import below, draw_words
from rnnjax.tasks.generated import HELD_OUT, TAGS, GeneratedTask
from rnnjax.tasks.sources import Part, Source, held_out_key, rows_of
from rnnjax.typing import Array, Key

_ENDLESS = 2**31 - 1  # updates of an epoch that goes on as long as training does


class SizedTask(GeneratedTask):
    """A source of random sequences of a size, which is a field of its own, such as `length`.

    By default all have that size. With `shortest` each has one of its own, uniform from that to the
    field's; sequences are padded, and `Batch.steps` says where each ends. With `tested` the test
    part holds longer sequences than training: who has learned the rule generalises to them, who has
    memorised examples does not.

    A subclass says how one sequence is drawn. Its size is traced, so that one program runs all.

    Attributes:
        size_field: the name of the field that is the greatest size in training.
        shortest: least size in training; none for sequences that all have the greatest.
        tested: greatest size in the test part, which then has sizes above those of training alone;
            none for a test of the same sizes.
        grows: a curriculum: updates in which the greatest size in training rises evenly from
            `shortest` to its own; none for all sizes from the first update on.
        alike: whether all sequences of a batch have one size, another one in each batch.

    Example:
        >>> class Last(SizedTask):
        ...     '''Say the last number.'''
        ...
        ...     length: int = 5
        ...     input_dim = output_dim = 1
        ...
        ...     def draw(self, key, size):
        ...         xs = jax.random.uniform(key, (self.length, 1))
        ...         return Batch(xs, xs, jnp.arange(self.length) == size - 1)
        >>> batch = Last(length=5, shortest=2).sample(jax.random.key(0), batch_size=3)
        >>> batch.inputs.shape, batch.steps.sum(0).tolist(), batch.mask.argmax(0).tolist()
        ((5, 3, 1), [3, 2, 2], [2, 1, 1])
    """

    size_field: ClassVar[str] = "length"

    shortest: int | None = dataclasses.field(default=None, kw_only=True)
    tested: int | None = dataclasses.field(default=None, kw_only=True)
    grows: int | None = dataclasses.field(default=None, kw_only=True)
    alike: bool = dataclasses.field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses sizes that cannot be, and choices that are unknown.

        Raises:
            ValueError: if not `smallest <= shortest <= size < tested`, or `grows` is below 1 or
                given without `shortest`, or a field is none of the names that it may be.
        """
        super().__post_init__()
        name, least = self.size_field, self.smallest
        if self.size < least:
            raise ValueError(f"{self}: {name} must be {least} or more")
        if self.shortest is not None and not least <= self.shortest <= self.size:
            raise ValueError(f"{self}: shortest must be from {least} to {name}, {self.size}")
        if self.tested is not None and self.tested <= self.size:
            raise ValueError(f"{self}: tested must be more than {name}, {self.size}")
        if self.grows is not None and self.grows < 1:
            raise ValueError(f"{self}: grows must be 1 update or more, or none")
        if self.grows is not None and self.shortest is None:
            raise ValueError(f"{self}: grows goes from shortest to {name}: say shortest as well")

    def __repr__(self) -> str:
        """Returns the call, with `shortest` also where it is the default of the class."""
        text = super().__repr__()
        if self.shortest is None or f"shortest={self.shortest}" in text:
            return text
        return f"{text[:-1]}, shortest={self.shortest})"

    @property
    def size(self) -> int:
        """The greatest size in training."""
        return getattr(self, self.size_field)

    @property
    def sizes(self) -> range:
        """All sizes in training."""
        return range(self.size if self.shortest is None else self.shortest, self.size + 1)

    @property
    def smallest(self) -> int:
        """The least size that a sequence can have."""
        return 1

    def resized(self, size: int) -> Self:
        """Returns the task with sequences of one size, as an evaluation has them.

        Example:
            >>> from rnnjax.tasks import Copying
            >>> Copying(delay=10, shortest=5).resized(30)
            Copying(delay=30, symbols=10, alphabet=8)
        """
        usual = {"shortest": None, "tested": None, "grows": None, "alike": False}
        return dataclasses.replace(self, **{self.size_field: size}, **usual)

    def steps_of(self, size: Array | int) -> Array | int:
        """Returns T of a sequence of a size, by default the same."""
        return size

    @abc.abstractmethod
    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws one sequence.

        Args:
            key: of all that is random.
            size: of it, a whole number that may be traced; at most `self.size`.

        Returns:
            Arrays without a batch axis, of `steps_of(self.size)` steps. After `steps_of(size)` they
            may hold anything, and so may the mask. `steps` is None.
        """

    def sample(self, key: Key, batch_size: int) -> Batch:
        """Draws `batch_size` sequences."""
        if self.shortest is not None:
            return self.sample_sizes(key, batch_size, self.shortest, self.size)
        draws = jax.vmap(lambda key: self.draw(key, self.size), out_axes=self._axes)
        return draws(jax.random.split(key, batch_size))

    def sample_sizes(
        self, key: Key, batch_size: int, least: Array | int, greatest: Array | int
    ) -> Batch:
        """Draws sequences of sizes from `least` to `greatest`, at most `size`."""
        keys = jax.random.split(key, batch_size + 1)
        drawn = 1 if self.alike else batch_size
        sizes = jnp.broadcast_to(self.draw_sizes(keys[0], drawn, least, greatest), (batch_size,))
        return jax.vmap(self._padded, out_axes=self._axes._replace(steps=1))(keys[1:], sizes)

    def draw_sizes(self, key: Key, count: int, least: Array | int, greatest: Array | int) -> Array:
        """Draws sizes from `least` to `greatest`, both may be traced; by default each as likely."""
        return least + below(draw_words(key, count), greatest - least + 1)

    def _padded(self, key: Key, size: Array) -> Batch:
        """Draws a sequence and says where it ends."""
        batch = self.draw(key, size)
        steps = jnp.arange(len(batch.inputs)) < self.steps_of(size)
        return batch._replace(mask=batch.mask & steps if self.per_step else batch.mask, steps=steps)

    def source(self, part: Part, batch_size: int) -> Source:
        """Returns the batches of a part."""
        if part == "test" and self.tested is not None:
            longer = self.resized(self.tested)
            return Sizes(longer, batch_size, self.size + 1, self.tested, HELD_OUT, TAGS[part])
        if self.shortest is None:
            return super().source(part, batch_size)
        if part == "train":
            return Sizes(self, batch_size, self.shortest, self.size, grows=self.grows)
        return Sizes(self, batch_size, self.shortest, self.size, HELD_OUT, TAGS[part])

    def source_of(self, size: Array | int, batch_size: int) -> "Sizes":
        """Returns ten batches of sequences of one size, at most `size`, that no training has."""
        return Sizes(self, batch_size, size, size, HELD_OUT, TAGS["test"])

    @property
    def _axes(self) -> Batch:
        """Where the sequences of a batch are."""
        time = int(self.per_step)
        return Batch(1, time, time)  # pyright: ignore[reportArgumentType]


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Sizes:
    """Sequences of a task, of sizes between two, new ones at each update of training.

    The sizes are no constants of a program: what evaluates one of them evaluates all.
    """

    task: SizedTask = dataclasses.field(metadata={"static": True})
    batch_size: int = dataclasses.field(metadata={"static": True})
    least: Array | int
    greatest: Array | int
    batches: int = dataclasses.field(default=1, metadata={"static": True})
    tag: Array | int = 0
    grows: int | None = dataclasses.field(default=None, metadata={"static": True})

    @property
    def updates_per_epoch(self) -> int:
        """One epoch is all of training, so that the index of a batch is that of its update."""
        return _ENDLESS

    def shuffled(self, key: Key) -> Key:
        """Returns the key."""
        return key

    def ordered(self) -> Key:
        """Returns a key that no training has, by its tag."""
        return held_out_key(self.tag)

    def batch(self, order: Key, index: Array, rows: Array) -> Batch:
        """Draws the whole batch, so that the sequences do not depend on the number of devices."""
        greatest = jnp.asarray(self.greatest)
        if self.grows is not None:
            grown = (greatest - self.least) * jnp.asarray(index).astype(float) / self.grows
            rising = self.least + grown.astype(int)
            # Rounding, where numbers are large, is not to leave out the greatest for ever.
            greatest = jnp.where(index < self.grows, rising, greatest)
        key = jax.random.fold_in(order, index)
        return rows_of(self.task.sample_sizes(key, self.batch_size, self.least, greatest), rows)
