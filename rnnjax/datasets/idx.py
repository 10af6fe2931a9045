"""Reads IDX files, the format in which MNIST was published, and believes none of their headers.

References:
    LeCun, Cortes and Burges (1998), The MNIST database of handwritten digits.
"""

import gzip
import math
import os
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from rnnjax.datasets.base import DatasetError, Split, expanded

SIDE = 28  # pixels, both ways
CLASSES = 10
IMAGES_MAGIC = 0x00000803  # unsigned bytes, three axes
LABELS_MAGIC = 0x00000801  # unsigned bytes, one axis
TRAIN_FILES = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
TEST_FILES = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
FILES = TRAIN_FILES + TEST_FILES
_MOST_EXAMPLES = 500_000  # a header that asks for more is taken for damage: 400 MB of images
_GZIP_MAGIC = b"\x1f\x8b"


def read_idx(path: str | Path, classes: int = CLASSES) -> np.ndarray:
    """Reads one IDX file of 28x28 images or of labels, plain or compressed by gzip.

    Never more is decompressed than the header announces.

    Args:
        path: the file; its first bytes, not its name, say whether it is compressed.
        classes: labels are whole numbers below this one.

    Returns:
        Images, uint8 `[N, 28, 28]`, or labels, uint8 `[N]`.

    Raises:
        DatasetError: if the file cannot be read or is anything else than a whole IDX file.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:  # three labels: magic number, count, data
        ...     path = Path(folder) / "labels"
        ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
        ...     read_idx(path)
        array([7, 2, 1], dtype=uint8)
    """
    path = expanded(path)
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for its other end
            raise DatasetError(f"{path}: not a regular file")
        with path.open("rb") as file:
            return parse_idx(file, str(path), classes)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror or error})") from error


def parse_idx(file: BinaryIO, name: str, classes: int = CLASSES) -> np.ndarray:
    """Reads IDX data from an open, seekable file.

    Args:
        file: bytes, plain or compressed by gzip, from their beginning.
        name: what to call the data in an error.
        classes: labels are whole numbers below this one.

    Returns:
        Images, uint8 `[N, 28, 28]`, or labels, uint8 `[N]`.

    Raises:
        DatasetError: if the bytes are anything else than a whole IDX file.
    """
    compressed = file.read(2) == _GZIP_MAGIC
    file.seek(0)
    if not compressed:
        return _parse_plain(file, name, classes)
    try:
        with gzip.GzipFile(fileobj=file) as plain:
            return _parse_plain(plain, name, classes)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DatasetError(f"{name}: damaged gzip data ({error})") from error


def _parse_plain(file: BinaryIO | gzip.GzipFile, name: str, classes: int) -> np.ndarray:
    head = file.read(4)
    magic = int.from_bytes(head, "big")
    if len(head) < 4 or magic not in (IMAGES_MAGIC, LABELS_MAGIC):
        raise DatasetError(
            f"{name}: not an IDX file of images or labels: it starts with {head!r}, "
            f"not with {IMAGES_MAGIC:#010x} or {LABELS_MAGIC:#010x}"
        )
    shape = _read_shape(file, magic & 0xFF, name)
    size = math.prod(shape)
    body = file.read(size + 1)  # the one byte more shows what the header left out
    if len(body) != size:
        found = "more" if len(body) > size else f"only {len(body)}"
        raise DatasetError(f"{name}: the header announces {size} bytes of data, {found} follow")
    values = np.frombuffer(body, np.uint8).reshape(shape)
    if magic == LABELS_MAGIC and values.max() >= classes:
        raise DatasetError(f"{name}: label {values.max()} is not between 0 and {classes - 1}")
    return values


def _read_shape(file: BinaryIO | gzip.GzipFile, axes: int, name: str) -> tuple[int, ...]:
    head = file.read(4 * axes)
    if len(head) < 4 * axes:
        raise DatasetError(f"{name}: the file ends inside its header")
    shape = tuple(int.from_bytes(head[4 * i : 4 * i + 4], "big") for i in range(axes))
    if shape[1:] not in ((), (SIDE, SIDE)):
        raise DatasetError(
            f"{name}: images of {shape[1]}x{shape[2]} pixels, expected {SIDE}x{SIDE}"
        )
    if not 1 <= shape[0] <= _MOST_EXAMPLES:
        raise DatasetError(
            f"{name}: the header announces {shape[0]} examples, expected 1 to {_MOST_EXAMPLES}"
        )
    return shape


def pair(images: np.ndarray, labels: np.ndarray, names: tuple[str, str]) -> Split:
    """Joins what two IDX files held.

    Args:
        images: what the first file held, to be uint8 `[N, 28, 28]`.
        labels: what the second file held, to be uint8 `[N]`.
        names: what to call the two files in an error.

    Returns:
        The split.

    Raises:
        DatasetError: if a file holds the other kind of data or the counts differ.
    """
    if images.ndim != 3:
        raise DatasetError(f"{names[0]}: holds labels, expected images")
    if labels.ndim != 1:
        raise DatasetError(f"{names[1]}: holds images, expected labels")
    if len(images) != len(labels):
        raise DatasetError(
            f"{names[0]}: {len(images)} images, but {len(labels)} labels in {names[1]}"
        )
    return Split(images, labels.astype(np.int32))


def present(folder: Path, files: tuple[str, ...] = FILES) -> dict[str, Path]:
    """Returns those of the four files that `folder` holds, by their published names.

    Each may be called as published or as unpackers write it: without `.gz`, with a dot in place of
    the second hyphen, in a folder that is called like the file.
    """
    found = {}
    for name in files:
        here = [folder / spelling for spelling in _spellings(name)]
        inside = [path / spelling for path in here for spelling in _spellings(name)]
        # A dangling link too, or a folder that lacks the file: to be reported, not passed over.
        there = [path for path in (*here, *inside) if os.path.lexists(path)]
        if there:
            found[name] = next((path for path in there if not _is_folder(path)), there[0])
    return found


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - `Path.is_dir` raises where it may not look


def _spellings(name: str) -> tuple[str, ...]:
    plain = name.removesuffix(".gz")
    dotted = plain.replace("-idx", ".idx")
    return name, plain, f"{dotted}.gz", dotted


def read_folder(
    folder: str | Path, files: tuple[str, ...] = FILES, classes: int = CLASSES
) -> tuple[Split, Split]:
    """Reads the four IDX files of a folder.

    Args:
        folder: holds the files, called as `present` says.
        files: the published names: images and labels of training, then of the test.
        classes: labels are whole numbers below this one.

    Returns:
        The training and the test split.

    Raises:
        DatasetError: if a file is missing or damaged, or if two do not belong together.
    """
    paths = present(Path(folder), files)
    if missing := [name for name in files if name not in paths]:
        raise DatasetError(f"{folder}: missing {', '.join(missing)} (.gz or plain)")
    arrays = {name: read_idx(path, classes) for name, path in paths.items()}
    train, test = (
        pair(arrays[images], arrays[labels], (str(paths[images]), str(paths[labels])))
        for images, labels in (files[:2], files[2:])
    )
    return train, test
