"""What a labelled image data set is, once it is read and checked."""

import hashlib
from typing import NamedTuple

import numpy as np

SIDE = 28  # pixels, both ways
CLASSES = 10


class DatasetError(ValueError):
    """Data that are missing, damaged or not what they say they are."""


class Split(NamedTuple):
    """Labelled images in host memory."""

    images: np.ndarray  # uint8 [N, 28, 28], 0 is the background
    labels: np.ndarray  # int32 [N], 0 to 9


class ImageDataset(NamedTuple):
    """A data set with what a report needs to say about it.

    Attributes:
        name: `"mnist"`, `"fashion_mnist"` or `"digits"`.
        source: where it was found, in one word: `"tfds"`, `"idx"`, `"system"`, `"download"` or
            `"wheel"`.
        description: one sentence for the screen: what, how many, from where.
        digest: `digest(train, test)`.
        train: the examples to learn from.
        test: the examples held out.
    """

    name: str
    source: str
    description: str
    digest: str
    train: Split
    test: Split


# Of the published files: 60,000 training and 10,000 test examples each, in the files' order.
PUBLISHED_DIGESTS = {
    "mnist": "bab833be44432887b8367c256dc3f6f37f73632c1eabcb1cbc894e04f779a312",
    "fashion_mnist": "09627107dde20800f249b90a3b80609822fbaf088555476bb02aea854423a846",
}


def digest(train: Split, test: Split) -> str:
    """Returns the SHA-256 of the contents, which depends on the order of the examples.

    Args:
        train: the training split.
        test: the test split.

    Returns:
        64 hexadecimal digits, over the bytes of the training images, training labels, test images
        and test labels, labels as little-endian 32-bit integers.
    """
    sha = hashlib.sha256()
    for split in (train, test):
        sha.update(split.images.tobytes())
        sha.update(split.labels.astype("<i4").tobytes())
    return sha.hexdigest()
