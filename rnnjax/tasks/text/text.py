"""Language modelling: predicting the next symbol of a text."""

import functools
import math

import jax.numpy as jnp
import numpy as np

from rnnjax.batch import Batch, cross_entropy
from rnnjax.datasets.texts import FoundText, load_text
from rnnjax.tasks.base import Task
from rnnjax.tasks.sources import PARTS, Part
from rnnjax.tasks.text.streams import Streams
from rnnjax.tasks.text.vocabulary import Unit, Vocabulary
from rnnjax.typing import Array, Static

_STREAM = 4096  # symbols of a stream that is held out
_MOST_STREAMS = 64  # of them at once: by words the outputs of many would not fit


class Text(Task, Static):
    """Say at every symbol of a text which one comes next.

        inputs   t h e _ c a
        targets  h e _ c a t

    The text is cut into three parts, in this order: training, validation, test. Training is divided
    into as many streams as a batch has sequences. A batch is the next window of each stream, and
    the state is carried from window to window, in evaluation as well. A part that is held out is
    judged in few streams, one for every 4,096 symbols and 64 at most, so that bits depend neither
    on the size of a batch nor on that of a window, and hardly on the first symbols of a stream,
    which are guessed without a past. A part of the experiment `char_lm` has 21 streams of 4,136
    symbols: after 150 updates 3.521 bits, and 3.523 in 64 streams, as many as its batch has.

    Attributes:
        text: path of a file in UTF-8; none for the documentation strings of Python's own library.
        unit: what a symbol is: characters, words or bytes.
        most_symbols: size of the vocabulary at most: the most frequent symbols of training, and one
            that stands for all others; none for all of training. Of bytes there are 256.
        window: symbols in a window, the steps of backpropagation through time.
        validation: share of the text that is for validation.
        test: share of the text, its end, that is for the test.

    References:
        Mikolov et al. (2010), Recurrent neural network based language model, Interspeech.
        Graves (2013), Generating sequences with recurrent neural networks, arXiv:1308.0850.

    Example:
        >>> import pathlib, tempfile
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "a.txt"
        >>> _ = file.write_text("to be or not to be, that is the question. " * 50)
        >>> task = Text(str(file), window=8)
        >>> task.source("train", batch_size=4).updates_per_epoch
        59
    """

    carries = True
    embedded = True
    located_by = ("text",)

    text: str | None = None
    unit: Unit = "characters"
    most_symbols: int | None = None
    window: int = 64
    validation: float = 0.05
    test: float = 0.05

    def __post_init__(self) -> None:
        """Refuses windows and shares that cannot be.

        Raises:
            ValueError: if one is.
        """
        super().__post_init__()
        if self.window < 1:
            raise ValueError(f"{self}: window must be 1 or more")
        if self.most_symbols is not None and self.most_symbols < 2:
            raise ValueError(f"{self}: most_symbols must be 2 or more")
        if min(self.validation, self.test) < 0 or self.validation + self.test >= 1:
            raise ValueError(f"{self}: validation and test must be shares that leave some to train")

    @property
    def found(self) -> FoundText:
        """The text as it was found, read at most once by a process."""
        return _found(self.text, errors="surrogateescape" if self.unit == "bytes" else "strict")

    @property
    def vocabulary(self) -> Vocabulary:
        """The symbols that training has."""
        return _vocabulary_and_parts(self)[0]

    @property
    def input_dim(self) -> int:
        """How many symbols there are."""
        return len(self.vocabulary)

    @property
    def output_dim(self) -> int:
        """The same."""
        return len(self.vocabulary)

    @property
    def baseline(self) -> float:
        """The entropy of a symbol given the one before it, in nats, by the counts of training.

        That is the loss of a bigram model on training; on the other parts it has more.
        """
        return _pair_entropy(self)

    @property
    def description(self) -> str:
        """What is read, and of how many symbols."""
        known = f"{len(self.vocabulary):,} different {self.unit}"
        pairs = self.baseline / math.log(2)
        return f"{self.found.description} {known}; by pairs of them {pairs:.2f} bits each."

    @property
    def title(self) -> str:
        """What is read, by what."""
        return f"{self.found.name} by {self.unit}"

    @property
    def token(self) -> str:
        """Name and size of the text."""
        return self.found.token

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return self.found.digest

    def numbers(self, part: Part) -> np.ndarray:
        """Returns the symbols of a part, int32 `[N]`."""
        return _vocabulary_and_parts(self)[1][part]

    def source(self, part: Part, batch_size: int) -> Streams | None:
        """Returns the batches of a part, None where it has no share of the text.

        Raises:
            ValueError: if training has not one window for each sequence of a batch.
        """
        numbers = self.numbers(part)
        if part == "train" and len(numbers) < batch_size * (self.window - 1) + 2:
            raise ValueError(
                f"{self} has nothing to train on: {len(numbers):,} {self.unit} are no {batch_size} "
                f"windows of {self.window}"
            )
        return Streams(jnp.asarray(numbers), batch_size, self.window) if len(numbers) > 1 else None

    def judged(self, part: Part, batch_size: int) -> Streams | None:
        """Returns a part in as many streams as its length alone says; None where there is none."""
        del batch_size
        numbers = self.numbers(part)
        count = max(1, min(_MOST_STREAMS, len(numbers) // _STREAM))
        return Streams(jnp.asarray(numbers), count, self.window) if len(numbers) > 1 else None

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The loss in bits, and the share of symbols that are guessed right."""
        bits = cross_entropy(outputs, batch.targets, batch.mask) / math.log(2)
        return {f"bits_per_{self.unit.removesuffix('s')}": bits, **super().metrics(outputs, batch)}


_found = functools.cache(load_text)


@functools.cache
def _vocabulary_and_parts(task: Text) -> tuple[Vocabulary, dict[Part, np.ndarray]]:
    """Returns the vocabulary of training, and the numbers of each part's symbols."""
    text = task.found.text
    ends = [round((1 - share) * len(text)) for share in (task.validation + task.test, task.test)]
    texts = text[: ends[0]], text[ends[0] : ends[1]], text[ends[1] :]
    if not texts[0]:
        raise ValueError(f"{task} has nothing to train on: the text has {len(text)} characters")
    vocabulary = Vocabulary.of(texts[0], task.unit, task.most_symbols)
    return vocabulary, dict(zip(PARTS, map(vocabulary.encode, texts), strict=True))


@functools.cache
def _pair_entropy(task: Text) -> float:
    numbers = task.numbers("train").astype(np.int64)
    _, pairs = np.unique(numbers[:-1] * len(task.vocabulary) + numbers[1:], return_counts=True)
    _, firsts = np.unique(numbers[:-1], return_counts=True)
    total = len(numbers) - 1
    return float(((firsts @ np.log(firsts)) - (pairs @ np.log(pairs))) / total)
