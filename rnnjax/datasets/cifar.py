"""Reads the files in which CIFAR-10 was published, the binary ones and those for Python.

References:
    Krizhevsky (2009), Learning multiple layers of features from tiny images, technical report,
    University of Toronto.
"""

import io
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from rnnjax.datasets.base import DatasetError, Split

PYTHON = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")
BINARY = tuple(f"{name}.bin" for name in PYTHON)
CLASSES = 10
_SIDE = 32
_BYTES = 3 * _SIDE**2  # of an image: the red plane, the green one, the blue one
_LARGEST = 2**28  # bytes of a file; the published ones have 31 million

# What the files for Python name, wherever NumPy keeps it today. Nothing else is called: a pickle
# may name any function there is.
_NAMED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


def present(folder: Path) -> dict[str, Path]:
    """Returns the files that `folder` holds, by their names; the binary ones if it has any."""
    for names in (BINARY, PYTHON):
        found = {name: folder / name for name in names if os.path.lexists(folder / name)}
        if found:
            return found
    return {}


def read_folder(folder: str | Path) -> tuple[Split, Split]:
    """Reads the six files of a folder, all of them binary ones or all of them for Python.

    Args:
        folder: holds the files of `BINARY` or of `PYTHON`.

    Returns:
        The training and the test split, images uint8 `[N, 32, 32, 3]`.

    Raises:
        DatasetError: if a file is missing or damaged.
    """
    paths = present(Path(folder))
    names = PYTHON if set(paths) & set(PYTHON) else BINARY
    if missing := [name for name in names if name not in paths]:
        raise DatasetError(f"{folder}: missing {', '.join(missing)}")
    read = _read_python if names is PYTHON else _read_binary
    batches = [read(paths[name]) for name in names]
    train = Split(*(np.concatenate(part) for part in zip(*batches[:-1], strict=True)))
    return train, batches[-1]


def _read_binary(path: Path) -> Split:
    body = _bytes_of(path)
    if not body or len(body) % (1 + _BYTES):
        raise DatasetError(f"{path}: {len(body)} bytes are no images of {1 + _BYTES}")
    records = np.frombuffer(body, np.uint8).reshape(-1, 1 + _BYTES)
    return _split(records[:, 1:], records[:, 0], path)


def _read_python(path: Path) -> Split:
    body = _bytes_of(path)
    try:
        batch = _Unpickler(io.BytesIO(body), encoding="bytes").load()
        images, labels = (
            np.asarray(batch[name] if name in batch else batch[name.encode()])
            for name in ("data", "labels")
        )
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from None
    except Exception as error:  # a damaged pickle may raise anything
        raise DatasetError(f"{path}: damaged ({type(error).__name__}: {error})") from None
    if images.dtype != np.uint8 or images.shape[1:] != (_BYTES,) or not len(images):
        raise DatasetError(f"{path}: data are {images.dtype} {images.shape}, not [N, {_BYTES}]")
    if labels.shape != images.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
        raise DatasetError(f"{path}: {len(images)} images, but labels {labels.shape}")
    return _split(images, labels, path)


class _Unpickler(pickle.Unpickler):
    """Reads arrays, and calls nothing that makes something else."""

    def find_class(self, module: str, name: str) -> Any:
        """Returns what a pickle names."""
        if (module, name) in _NAMED:
            return _NAMED[module, name]
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return np.ndarray.__reduce__(np.empty(0))[0]
        if (module, name) == ("_codecs", "encode"):
            return _latin1
        raise DatasetError(f"names {module}.{name}, which no batch of CIFAR-10 does")


def _latin1(text: str, encoding: str = "latin1") -> bytes:
    return text.encode(encoding)


def _bytes_of(path: Path) -> bytes:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            raise DatasetError(f"{path}: no regular file of a batch of images")
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror or error})") from error


def _split(images: np.ndarray, labels: np.ndarray, path: Path) -> Split:
    if labels.min() < 0 or labels.max() >= CLASSES:
        raise DatasetError(f"{path}: a label is not between 0 and {CLASSES - 1}")
    planes = images.reshape(-1, 3, _SIDE, _SIDE)
    return Split(np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels.astype(np.int32))
