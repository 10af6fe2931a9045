"""Writes and reads stock TensorFlow Datasets (TFDS) data without TensorFlow."""

import contextlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from rnnjax.datasets.base import DatasetError, Split, expanded
from rnnjax.datasets.contents import PUBLISHED_DIGESTS, digest
from rnnjax.datasets.idx import read_folder
from rnnjax.datasets.known import KNOWN, Known

STOCK = ("mnist", "fashion_mnist")  # what `prepare_tfds` prepares
READABLE = "array_record"  # the record format that needs no TensorFlow
_CHUNK = 2_000  # records decoded at a time


def prepared_path(tfds_dir: str | Path, name: str) -> Path:
    """Returns where TFDS keeps a prepared data set, whether it is there or not."""
    return expanded(tfds_dir) / KNOWN[name].tfds / KNOWN[name].version


def file_format(tfds_dir: str | Path, name: str) -> str | None:
    """Returns the format of the prepared records, None where nothing is prepared."""
    try:
        info = json.loads((prepared_path(tfds_dir, name) / "dataset_info.json").read_bytes())
        # Before TFDS recorded the format it wrote TFRecord files.
        return str(info.get("fileFormat", "tfrecord"))
    except OSError:
        return None
    except (ValueError, AttributeError):
        return "unreadable"


def unreadable(tfds_dir: str | Path, name: str) -> str | None:
    """Says which data prepared by TFDS there are that `read_tfds` does not read, and what to do.

    Args:
        tfds_dir: a TFDS data folder.
        name: one of `KNOWN`.

    Returns:
        One sentence without its full stop, None where the data can be read or there are none.
    """
    path = prepared_path(tfds_dir, name)
    found = file_format(tfds_dir, name)
    others = sorted(info.parent.name for info in path.parent.glob("[0-9]*.*.*/dataset_info.json"))
    if found == READABLE:
        return None
    if found == "unreadable":
        reason = f"{path} have a damaged dataset_info.json"
    elif found is not None:
        reason = f"{path} are in the format {found}, which takes TensorFlow to read"
    elif others:
        reason = f"{path.parent} are of version {', '.join(others)}, not {path.name}"
    elif os.path.lexists(path):
        reason = f"{path} have no dataset_info.json that can be read"
    else:
        return None
    if name not in STOCK:
        return f"the TFDS data in {reason}; prepare them with file_format={READABLE!r}"
    return (
        f"the TFDS data in {reason}; rnnjax.datasets.prepare_tfds(IDX_FOLDER, TFDS_FOLDER) writes "
        f"them anew as {READABLE}, in a folder of their own"
    )


def prepare_tfds(idx_dir: str | Path, tfds_dir: str | Path, name: str = "mnist") -> Path:
    """Writes the four published IDX files as the data that stock TFDS would have prepared.

    Name, version, features and the order of the examples are those of the stock builder, so
    `tfds.data_source(name, data_dir=tfds_dir, split="train")` reads the result.

    Args:
        idx_dir: holds the four IDX files, `.gz` or plain.
        tfds_dir: the TFDS data folder to write to, as in `$TFDS_DATA_DIR`; made if missing.
        name: `"mnist"` or `"fashion_mnist"`.

    Returns:
        The folder `tfds_dir/name/3.0.1` that was written.

    Raises:
        DatasetError: if the files are not those published under that name, or if the folder holds
            prepared data already.

    Example:
        What is not there or not as published is refused before anything is written:

        >>> prepare_tfds("/nowhere", "/nowhere_else", "mnist")
        Traceback (most recent call last):
        rnnjax.datasets.base.DatasetError: /nowhere: missing train-images-idx3-ubyte.gz, ...
    """
    if name not in STOCK:
        raise DatasetError(f"{name}: can prepare {' or '.join(STOCK)} only")
    path = prepared_path(tfds_dir, name)
    if path.exists():
        raise DatasetError(f"{path}: exists already; remove it to prepare it again")
    train, test = read_folder(expanded(idx_dir))
    if digest(train, test) != PUBLISHED_DIGESTS[name]:
        raise DatasetError(f"{idx_dir}: the IDX files are not those published as {name}")
    import tensorflow_datasets as tfds

    builder = _builder_class(name, {"train": train, "test": test})(
        data_dir=expanded(tfds_dir), file_format=READABLE
    )
    screen = io.StringIO()  # TFDS reports on its own; here the caller decides what is shown
    with (
        contextlib.redirect_stdout(screen),
        contextlib.redirect_stderr(screen),
        tempfile.TemporaryDirectory() as downloads,
    ):
        builder.download_and_prepare(
            download_dir=downloads,
            download_config=tfds.download.DownloadConfig(try_download_gcs=False),
        )
    return path


def _builder_class(name: str, splits: dict[str, Split]) -> Any:
    """Returns the stock builder with two methods replaced by ones that need no TensorFlow."""
    import tensorflow_datasets as tfds
    from PIL import Image
    from tensorflow_datasets.core import registered

    stock = tfds.builder_cls(name)

    def split_generators(self, dl_manager):
        del dl_manager  # nothing to download
        return {split: self._generate_examples(data) for split, data in splits.items()}

    def generate_examples(self, data):
        del self
        for index, (image, label) in enumerate(zip(data.images, data.labels, strict=True)):
            # An array would be made a PNG by TensorFlow, an image is made one by Pillow.
            yield index, {"image": Image.fromarray(image), "label": int(label)}

    with registered.skip_registration():  # the stock builder keeps the name to itself
        return type(
            stock.__name__,
            (stock,),
            {
                "name": name,
                "__module__": stock.__module__,  # goes into dataset_info.json
                "_split_generators": split_generators,
                "_generate_examples": generate_examples,
            },
        )


def read_tfds(tfds_dir: str | Path, name: str) -> tuple[Split, Split]:
    """Reads prepared data through stock `tfds.data_source`, without TensorFlow or a network.

    TFDS shuffles when it prepares, by a hash that is a promise of the version. That is undone, so
    that a run sees the same batches whether its data are prepared or IDX files. Only open folders
    that you trust: TFDS imports Python modules that a prepared folder names.

    Args:
        tfds_dir: a TFDS data folder, as in `$TFDS_DATA_DIR`.
        name: one of `KNOWN`.

    Returns:
        The training and the test split as the published files have them, in their order.

    Raises:
        DatasetError: if the data are missing, damaged, or in a format that needs TensorFlow.

    Example:
        >>> read_tfds("/nowhere", "mnist")
        Traceback (most recent call last):
        rnnjax.datasets.base.DatasetError: /nowhere/mnist/3.0.1: no data prepared by TFDS
    """
    path = prepared_path(tfds_dir, name)
    if file_format(tfds_dir, name) != READABLE:
        reason = unreadable(tfds_dir, name) or f"{path}: no data prepared by TFDS"
        raise DatasetError(reason)
    import tensorflow_datasets as tfds

    try:
        sources = tfds.data_source(
            KNOWN[name].tfds,
            split=["train", "test"],
            data_dir=expanded(tfds_dir),
            download=False,
            decoders={"image": tfds.decode.SkipDecoding()},  # see `_decode`
        )
        parts = zip(sources, ("train", "test"), strict=True)
        train, test = (_read_split(source, part, KNOWN[name]) for source, part in parts)
    except Exception as error:  # TFDS and its readers raise whatever they met
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DatasetError(f"{path}: cannot be read as {READABLE} data: {reason}") from error
    return train, test


def _read_split(source: Any, name: str, known: Known) -> Split:
    shape = (*known.shape[:2], 3) if known.grey else known.shape
    images = np.empty((len(source), *shape), np.uint8)
    labels = np.empty(len(source), np.int32)
    for start in range(0, len(source), _CHUNK):
        rows = range(start, min(start + _CHUNK, len(source)))
        for row, example in zip(rows, source.__getitems__(rows), strict=True):
            images[row] = _decode(example["image"], shape)
            labels[row] = example["label"]
    place = np.argsort(_shuffled(name, len(source)))
    return known.put_right(Split(images[place], labels[place]), name)


def _shuffled(name: str, count: int) -> list[int]:
    """Returns the order in which TFDS writes the examples 0 to `count - 1` of a split."""
    from tensorflow_datasets.core.hashing import Hasher

    return sorted(range(count), key=Hasher(name).hash_key)


def _decode(png: bytes, shape: tuple[int, ...]) -> np.ndarray:
    # TFDS would do the same, more slowly, and log that OpenCV is missing.
    from PIL import Image

    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        wanted = "L" if len(shape) == 2 else "RGB"
        if image.size != (shape[1], shape[0]) or image.mode != wanted:
            kind = "grey" if wanted == "L" else "colour"
            raise DatasetError(
                f"an image is {image.size} {image.mode}, not {shape[0]}x{shape[1]} {kind}"
            )
        return np.asarray(image)
