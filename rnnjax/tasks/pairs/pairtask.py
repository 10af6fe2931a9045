"""What tasks share that have a source to read and a target to write, both texts."""

import abc
import dataclasses
import functools
import itertools
import math
from collections.abc import Iterable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch
from rnnjax.tasks.generated import HELD_OUT, TAGS, GeneratedTask
from rnnjax.tasks.sources import Drawn, Part, Source, held_out_key, rows_of
from rnnjax.typing import Array, Key

END = 0  # the symbol of every target alphabet that ends what is written


class Pair(NamedTuple):
    """A source and its target, as numbers of symbols.

    Attributes:
        source: int32 `[S]`.
        steps: boolean `[S]`, False after the end of the source; None where none ever ends before.
        target: int32 `[T]`, `END` from its end on; one of T symbols has no end.
        mask: boolean `[T]`, where it counts.

    Example:
        >>> pair = Pair(jnp.array([3, 4]), None, jnp.array([5, END]), jnp.ones(2, bool))
        >>> pair.target.tolist()
        [5, 0]
    """

    source: Array
    steps: Array | None
    target: Array
    mask: Array


class PairTask(GeneratedTask):
    """Read a text, the source, and write another one, the target, symbol by symbol.

    Inputs are the numbers of the source's symbols, `[S, B]`, with `Batch.steps` for their lengths;
    targets those of the target's, `[T, B]`, and then `END`. S and T differ, so a network reads all
    before it writes, as `models.EncoderDecoder` does, or sees all at once.

    A share of the pairs is kept from training, half of it for validation and half for the test: a
    network that has only memorised its examples has none of them right.

    A subclass draws a few whole numbers, which are what a pair is about, and spells a source and a
    target from them.

    Attributes:
        held_out: share of the pairs that training never has; with 0 all parts have all pairs.

    Example:
        >>> class Twice(PairTask):
        ...     '''Say a letter twice.'''
        ...
        ...     source_alphabet, target_alphabet = "abc", ".abc"
        ...     source_length, target_length = 1, 3
        ...
        ...     def draw(self, key):
        ...         return jax.random.randint(key, (1,), 0, 3)
        ...
        ...     def spell(self, numbers):
        ...         (letter,) = numbers
        ...         target = jnp.array([letter + 1, letter + 1, END])
        ...         return Pair(numbers, None, target, jnp.ones(3, bool))
        >>> task = Twice(held_out=0.0)
        >>> batch = task.sample(jax.random.key(0), batch_size=2)
        >>> [task.target_text(target) for target in batch.targets.T]
        ['bb', 'cc']
    """

    embedded = True

    held_out: float = dataclasses.field(default=0.1, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses other shares.

        Raises:
            ValueError: if `held_out` is not 0, or from 0.001 to 0.999: a part that is smaller is
                found among too many draws.
        """
        super().__post_init__()
        if self.held_out and not 0.001 <= self.held_out <= 0.999:
            raise ValueError(f"{self}: held_out must be a share from 0.001 to 0.999, or 0")

    @property
    @abc.abstractmethod
    def source_alphabet(self) -> str:
        """The symbols of sources, in the order of their numbers."""

    @property
    @abc.abstractmethod
    def target_alphabet(self) -> str:
        """The symbols of targets; number `END`, the first, ends one."""

    @property
    @abc.abstractmethod
    def source_length(self) -> int:
        """S, the most symbols of a source."""

    @property
    @abc.abstractmethod
    def target_length(self) -> int:
        """T, the most symbols of a target, with its end if it has one."""

    @abc.abstractmethod
    def draw(self, key: Key) -> Array:
        """Draws what a pair is about, a few whole numbers `[n]`."""

    @abc.abstractmethod
    def spell(self, numbers: Array) -> Pair:
        """Returns the pair that is about these numbers."""

    def group(self, numbers: Array) -> Array:
        """Returns what decides which part a pair is in, `[m]`: by default all that it is about."""
        return numbers

    @property
    def input_dim(self) -> int:
        """How many symbols sources have."""
        return len(self.source_alphabet)

    @property
    def output_dim(self) -> int:
        """How many symbols targets have, the end among them."""
        return len(self.target_alphabet)

    def sample(self, key: Key, batch_size: int) -> Batch:
        """Draws `batch_size` pairs, of all parts."""
        return self._spelled(jax.vmap(self.draw)(jax.random.split(key, batch_size)))

    def sample_within(
        self, key: Key, batch_size: int, drawn: int, low: Array | float, high: Array | float
    ) -> Batch:
        """Draws pairs and keeps those of one part, whose `place_of` is from `low` to below `high`.

        Of `drawn` pairs the first `batch_size` that fit are returned. If there are fewer, as in a
        task of few pairs, one of another part is in the place of each that is missing, masked.
        """
        numbers, fit = self._drawn(key, drawn, low, high)
        (chosen,) = jnp.nonzero(fit, size=batch_size, fill_value=drawn - 1)
        batch = self._spelled(numbers[chosen])
        return batch._replace(mask=batch.mask & fit[chosen][None])

    def _drawn(
        self, key: Key, drawn: int, low: Array | float, high: Array | float
    ) -> tuple[Array, Array]:
        """Draws what pairs are about, `[drawn, n]`, and says which are in a part, `[drawn]`."""
        numbers = jax.vmap(self.draw)(jax.random.split(key, drawn))
        places = jax.vmap(lambda numbers: place_of(self.group(numbers)))(numbers)
        return numbers, (low <= places) & (places < high)

    def _spelled(self, numbers: Array) -> Batch:
        """Returns the pairs that are about numbers `[B, n]`."""
        pairs = jax.vmap(self.spell, out_axes=1)(numbers)
        return Batch(pairs.source, pairs.target, pairs.mask, pairs.steps)

    def source(self, part: Part, batch_size: int) -> Source:
        """Returns the batches of a part.

        Raises:
            ValueError: if the task has so few pairs that none is in the part.
        """
        batches = 1 if part == "train" else HELD_OUT
        if not self.held_out:
            return Drawn(self, batch_size, batches, TAGS[part])
        half = self.held_out / 2
        bounds = {"validation": (0.0, half), "test": (half, self.held_out)}
        low, high = bounds.get(part, (self.held_out, 1.0))
        # Enough, unless about six standard deviations fewer fit than on average.
        drawn = math.ceil((batch_size + 6 * math.sqrt(batch_size) + 20) / (high - low))
        if not _any_within(self, drawn, low, high, TAGS[part]):
            raise ValueError(
                f"no pair is for {part}, of so few as {self} has: take more, or held_out=0"
            )
        return Pairs(self, batch_size, batches, TAGS[part], drawn=drawn, low=low, high=high)

    def read(self, text: str) -> tuple[np.ndarray, np.ndarray | None]:
        """Returns the numbers of a source that a user writes, `[S]`, and its steps, as `Pair` has.

        Raises:
            ValueError: if it is too long, or has a symbol that no source has; the message is one
                line.
        """
        numbers = numbers_of(text, self.source_alphabet)
        if not 1 <= len(text) <= self.source_length:
            raise ValueError(f"{self} reads 1 to {self.source_length} symbols; got {len(text)}")
        steps = np.arange(self.source_length) < len(text)
        return np.pad(numbers, (0, self.source_length - len(text))), steps

    def source_text(self, numbers: Iterable[int], steps: Iterable[bool] | None = None) -> str:
        """Returns the text of a source, as `read` reads it."""
        there = numbers if steps is None else itertools.compress(numbers, steps)
        return "".join(self.source_alphabet[int(number)] for number in there)

    def target_text(self, numbers: Iterable[int]) -> str:
        """Returns the text of a target, as far as its end."""
        text = "".join(self.target_alphabet[int(number)] for number in numbers)
        return text.partition(self.target_alphabet[END])[0]


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Pairs(Drawn):
    """Pairs of a task whose places are in a range: new ones at each update of training.

    The range is no constant of a program, so that validation and test share one.
    """

    task: PairTask = dataclasses.field(metadata={"static": True})
    drawn: int = dataclasses.field(metadata={"static": True}, kw_only=True)
    low: Array | float = dataclasses.field(kw_only=True)
    high: Array | float = dataclasses.field(kw_only=True)

    def batch(self, order: Key, index: Array, rows: Array) -> Batch:
        """Draws the whole batch, so that the pairs do not depend on the number of devices."""
        key, part = jax.random.fold_in(order, index), (self.low, self.high)
        return rows_of(self.task.sample_within(key, self.batch_size, self.drawn, *part), rows)


@functools.partial(jax.jit, static_argnums=(0, 1))
def _any_within(task: PairTask, drawn: int, low: Array, high: Array, tag: Array) -> Array:
    """Says whether one of some pairs is in a part."""
    return task._drawn(held_out_key(tag), drawn, low, high)[1].any()


def place_of(numbers: Array) -> Array:
    """Returns a hash of whole numbers, as a number from 0 to below 1.

    Example:
        >>> place_of(jnp.array([3, 4])) == place_of(jnp.array([3, 4]))
        Array(True, dtype=bool)
    """
    factors = np.cumprod(np.full(numbers.shape, 0x9E3779B1, np.uint32), dtype=np.uint32)
    mixed = (numbers.astype(jnp.uint32) * factors).sum(dtype=jnp.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):  # as MurmurHash3 ends
        mixed = (mixed ^ (mixed >> shift)) * jnp.uint32(factor)
    return (mixed >> 8).astype(float) / 2**24


def numbers_of(text: str, alphabet: str) -> np.ndarray:
    """Returns the numbers of a text's symbols, int32.

    Raises:
        ValueError: if one is not in the alphabet.

    Example:
        >>> numbers_of("1+2", "+12").tolist()
        [1, 0, 2]
    """
    unknown = sorted(set(text) - set(alphabet))
    if unknown:
        raise ValueError(f"{text!r} has {unknown[0]!r}, and the symbols are {alphabet!r}")
    return np.array([alphabet.index(symbol) for symbol in text], np.int32)
