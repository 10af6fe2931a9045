"""Sentiment of film reviews."""

import functools
from pathlib import Path

import numpy as np

from rnnjax.datasets.base import DatasetError, expanded
from rnnjax.datasets.folders import check_folder, listing
from rnnjax.tasks.examples import Examples, class_entropy, split
from rnnjax.tasks.sources import Part
from rnnjax.tasks.stored import StoredTask
from rnnjax.tasks.text.vocabulary import Unit, Vocabulary

_KINDS = ("neg", "pos")  # by class


class IMDB(StoredTask):
    """Say whether a review of a film is for it or against it.

        inputs   T h i s _ i s _ g r e a t , padding
        target   1, for it

    Symbols are numbers for a network to embed. A review is cut to its first `length` symbols, and
    the padding after a shorter one is masked. A share of the 25,000 published training reviews,
    always the same ones, is held out for validation.

    Attributes:
        data_dir: the unpacked folder aclImdb, or the one that holds it.
        unit: what a symbol is: bytes, characters or words.
        most_symbols: size of the vocabulary at most: the most frequent symbols of all training
            reviews, and one that stands for all others; none for all. Of bytes there are 256; of
            words 20,000 are usual.
        length: symbols of a review that are read at most.
        validation: share of the training reviews that is held out for validation.

    References:
        Maas et al. (2011), Learning word vectors for sentiment analysis, ACL.
        Tay et al. (2021), Long range arena, ICLR, arXiv:2011.04006 (by bytes, of which they read
        1,000 to 4,000).

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for part in ("train", "test"):
        ...     for kind, text in (("neg", "Bad."), ("pos", "Good, really.")):
        ...         (folder / part / kind).mkdir(parents=True)
        ...         _ = (folder / part / kind / "0_1.txt").write_text(text)
        >>> task = IMDB(str(folder), length=8, validation=0.0)
        >>> inputs, classes, lengths = task.parts["train"]
        >>> task.input_dim, lengths.tolist(), classes.tolist(), bytes(inputs[1].tolist())
        (256, [4, 8], [0, 1], b'Good, re')
    """

    metric = "accuracy"
    per_step = False
    embedded = True

    data_dir: str
    unit: Unit = "bytes"
    most_symbols: int | None = None
    length: int = 1024
    validation: float = 0.1

    def __post_init__(self) -> None:
        """Refuses lengths and shares that cannot be.

        Raises:
            ValueError: if one is.
        """
        super().__post_init__()
        if self.length < 1:
            raise ValueError(f"{self}: length must be 1 or more")
        if self.most_symbols is not None and self.most_symbols < 2:
            raise ValueError(f"{self}: most_symbols must be 2 or more")
        if not 0 <= self.validation < 1:
            raise ValueError(f"{self}: validation must be a share, from 0 to below 1")

    @property
    def vocabulary(self) -> Vocabulary:
        """The symbols of the training reviews."""
        return _vocabulary(self.data_dir, self.unit, self.most_symbols)

    @property
    def input_dim(self) -> int:
        """How many symbols there are."""
        return len(self.vocabulary)

    @property
    def output_dim(self) -> int:
        """Against it, 0, or for it, 1."""
        return len(_KINDS)

    @property
    def baseline(self) -> float:
        """The entropy of the two classes in training, ln 2 = 0.693 as published.

        That is the loss of a guess that reads nothing and knows how often each is.
        """
        return class_entropy(_read(self.data_dir)["train"][1])

    @property
    def description(self) -> str:
        """What is read, and of how many symbols."""
        counts = [len(labels) for _, labels in _read(self.data_dir).values()]
        return (
            f"IMDB: {counts[0]:,} training and {counts[1]:,} test reviews in {self.data_dir}, the "
            f"first {self.length:,} {self.unit} of each, {self.input_dim:,} different ones."
        )

    @property
    def title(self) -> str:
        """What is read, by what."""
        return f"IMDB by {self.unit}"

    @property
    def token(self) -> str:
        """Name and number."""
        return f"imdb:{sum(len(labels) for _, labels in _read(self.data_dir).values())}"

    def load(self) -> dict[Part, Examples]:
        """Returns the parts."""
        train, test = (self._examples(*_read(self.data_dir)[part]) for part in ("train", "test"))
        parts: dict[Part, Examples] = {"train": train}
        if self.validation:
            parts = split(train, self.validation, test=0)
        parts["test"] = test
        return parts

    def _examples(self, texts: list[str], labels: np.ndarray) -> Examples:
        inputs = np.zeros((len(texts), self.length), np.int32)
        lengths = np.zeros(len(texts), np.int32)
        for i, text in enumerate(texts):
            numbers = self.vocabulary.encode(text)[: self.length]
            inputs[i, : len(numbers)], lengths[i] = numbers, len(numbers)
        return Examples(inputs, labels, lengths)


@functools.cache
def _read(data_dir: str) -> dict[str, tuple[list[str], np.ndarray]]:
    """Returns the texts and classes of both parts."""
    folder = expanded(data_dir)
    check_folder(data_dir, folder)
    inside = [place for place in (folder, folder / "aclImdb") if (place / "train").is_dir()]
    if not inside:
        raise DatasetError(
            f"{folder}: no aclImdb here, no folder train; it holds {listing(folder)}"
        )
    return {part: _read_part(inside[0] / part) for part in ("train", "test")}


def _read_part(folder: Path) -> tuple[list[str], np.ndarray]:
    texts, labels = [], []
    for label, kind in enumerate(_KINDS):
        # Files are called NUMBER_STARS.txt.
        paths = sorted((folder / kind).glob("*.txt"))
        if not paths:
            raise DatasetError(f"{folder / kind}: no such folder, or no .txt in it")
        try:
            texts += [path.read_text(encoding="utf-8", errors="surrogateescape") for path in paths]
        except OSError as error:
            raise DatasetError(f"{folder / kind}: cannot be read ({error})") from None
        labels += [label] * len(paths)
    return texts, np.array(labels, np.int32)


@functools.cache
def _vocabulary(data_dir: str, unit: Unit, most: int | None) -> Vocabulary:
    return Vocabulary.of("\n".join(_read(data_dir)["train"][0]), unit, most)
