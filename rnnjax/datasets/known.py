"""Labelled images that are known by name: what was published of them, and in which files."""

from typing import NamedTuple

import numpy as np

from rnnjax.datasets.base import DatasetError, Split
from rnnjax.datasets.idx import FILES


class Known(NamedTuple):
    """What is published under a name.

    Attributes:
        tfds: what stock TFDS calls it.
        version: of the stock builder.
        files: the four IDX files, images and labels of training, then of the test; none where the
            published files are others.
        folders: where unpackers leave the files, below a folder of data.
        counts: of training and test images, in each published version.
        classes: K, of labels from 0.
        shape: of an image, `(H, W)`, or `(H, W, 3)` in colour.
        first_label: the least label in the files.
        transposed: whether the images in the files have rows and columns exchanged.
        grey: whether the images in the files are in colour and are to be converted to grey.

    Example:
        >>> KNOWN["emnist_letters"].files[0], KNOWN["emnist_letters"].classes
        ('emnist-letters-train-images-idx3-ubyte.gz', 26)
    """

    tfds: str
    version: str = "3.0.1"
    files: tuple[str, ...] = FILES
    folders: tuple[str, ...] = ()
    counts: tuple[tuple[int, int], ...] = ((60_000, 10_000),)
    classes: int = 10
    shape: tuple[int, ...] = (28, 28)
    first_label: int = 0
    transposed: bool = False
    grey: bool = False

    def put_right(self, split: Split, where: str) -> Split:
        """Returns images upright, and grey if wanted, with labels from 0.

        Args:
            split: what the files hold.
            where: what to call them in an error.

        Raises:
            DatasetError: if a label is none of the published ones.
        """
        images, labels = split
        labels = labels - np.int32(self.first_label)
        if len(labels) and not 0 <= labels.min() <= labels.max() < self.classes:
            wrong = labels.min() if labels.min() < 0 else labels.max()
            first = self.first_label
            raise DatasetError(
                f"{where}: label {wrong + first} is not between {first} and "
                f"{first + self.classes - 1}"
            )
        if self.transposed:
            images = np.ascontiguousarray(images.swapaxes(1, 2))
        return Split(luma(images) if self.grey else images, labels)


def luma(images: np.ndarray) -> np.ndarray:
    """Returns images in colour as grey ones: the luma of ITU-R recommendation BT.601, as Pillow.

    Args:
        images: uint8 `[..., 3]`, red, green and blue.

    Returns:
        uint8 `[...]`.

    Example:
        >>> luma(np.array([[255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8))
        array([255,  76, 150,  29], dtype=uint8)
    """
    weights = np.array([19595, 38470, 7471], np.uint32)  # .299, .587 and .114 of 2**16
    grey = np.zeros(images.shape[:-1], np.uint32) + 2**15
    for channel, weight in enumerate(weights):
        grey += images[..., channel] * weight
    return (grey >> 16).astype(np.uint8)


def _emnist(name: str, *counts: tuple[int, int], classes: int, first_label: int = 0) -> Known:
    kinds = [(part, kind) for part in ("train", "test") for kind in ("images-idx3", "labels-idx1")]
    return Known(
        f"emnist/{name}",
        "3.1.0",
        tuple(f"emnist-{name}-{part}-{kind}-ubyte.gz" for part, kind in kinds),
        ("emnist", "gzip", "emnist/gzip", "EMNIST/raw"),
        counts,
        classes,
        first_label=first_label,
        transposed=True,
    )


_CIFAR10 = Known(
    "cifar10",
    "3.0.2",
    (),
    ("cifar-10-batches-py", "cifar-10-batches-bin"),
    ((50_000, 10_000),),
    shape=(32, 32, 3),
)
KNOWN = {
    "mnist": Known("mnist", folders=("MNIST/raw",)),
    "fashion_mnist": Known("fashion_mnist", folders=("FashionMNIST/raw",)),
    "digits": Known("", files=(), counts=((4_000, 1_000),)),  # in a wheel
    "kmnist": Known("kmnist", folders=("KMNIST/raw",)),
    # The files as they are distributed now, and as the paper and TFDS have them.
    "emnist_letters": _emnist(
        "letters", (124_800, 20_800), (88_800, 14_800), classes=26, first_label=1
    ),
    "emnist_balanced": _emnist("balanced", (112_800, 18_800), classes=47),
    "emnist_digits": _emnist("digits", (240_000, 40_000), classes=10),
    "cifar10": _CIFAR10,
    "cifar10_grey": _CIFAR10._replace(shape=(32, 32), grey=True),
}
