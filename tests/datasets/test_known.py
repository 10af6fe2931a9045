"""Images beside MNIST: made-up files in the published formats, and what is read of them."""

import contextlib
import io
import pickle
import struct

import numpy as np
import pytest
from PIL import Image

from rnnjax import datasets
from rnnjax.datasets import cifar, prepared, search
from rnnjax.datasets.base import Split
from rnnjax.datasets.idx import FILES
from rnnjax.datasets.known import KNOWN, luma

EMNIST = ("emnist_letters", "emnist_balanced", "emnist_digits")


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine that holds no data."""
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "no_tfds"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no_cache"))
    monkeypatch.setattr(search, "_SYSTEM", tmp_path / "no_system")


@pytest.fixture(scope="module")
def colour():
    """Twelve training batches of images in colour, and four for the test."""
    random = np.random.RandomState(5)
    return [
        Split(
            random.randint(0, 256, (n, 32, 32, 3)).astype(np.uint8),
            (np.arange(n, dtype=np.int32) + n) % 10,
        )
        for n in (3, 2, 3, 2, 2, 4)
    ]


def write_emnist(folder, name, small, idx_bytes):
    known = KNOWN[name]
    folder.mkdir(parents=True, exist_ok=True)
    for split, files in zip(small, (known.files[:2], known.files[2:]), strict=True):
        images = np.ascontiguousarray(split.images.swapaxes(1, 2))
        labels = np.arange(len(split.labels)) % known.classes + known.first_label
        for file, values in zip(files, (images, labels.astype(np.uint8)), strict=True):
            (folder / file.removesuffix(".gz")).write_bytes(idx_bytes(values))
    return folder


@pytest.mark.parametrize("below", [".", "emnist", "gzip", "EMNIST/raw"])
@pytest.mark.parametrize("name", EMNIST)
def test_emnist_is_turned_upright_and_labels_begin_at_zero(name, below, tmp_path, small, idx_bytes):
    write_emnist(tmp_path / below, name, small, idx_bytes)
    found = datasets.load(name, tmp_path)
    for split, original in zip((found.train, found.test), small, strict=True):
        np.testing.assert_array_equal(split.images, original.images)
        assert split.labels.tolist() == [i % KNOWN[name].classes for i in range(len(split.labels))]
        assert split.labels.dtype == np.int32
    assert found.token == f"{name}:idx:50:unpublished"


@pytest.mark.parametrize(
    ("name", "label", "reason"),
    [
        ("emnist_letters", 0, "label 0 is not between 1 and 26"),
        ("emnist_letters", 27, "label 27 is not between 0 and 26"),
        ("emnist_balanced", 47, "label 47 is not between 0 and 46"),
        ("emnist_digits", 10, "label 10 is not between 0 and 9"),
    ],
)
def test_labels_that_were_never_published_are_refused(
    name, label, reason, tmp_path, small, idx_bytes
):
    write_emnist(tmp_path, name, small, idx_bytes)
    file = tmp_path / KNOWN[name].files[1].removesuffix(".gz")
    file.write_bytes(file.read_bytes()[:-1] + bytes([label]))
    with pytest.raises(datasets.DatasetError, match=reason):
        datasets.load(name, tmp_path)


def test_kmnist_has_the_files_of_mnist(tmp_path, write_folder, small):
    write_folder(tmp_path / "KMNIST" / "raw")
    found = datasets.load("kmnist", tmp_path)
    np.testing.assert_array_equal(found.test.images, small[1].images)
    assert found.token == "kmnist:idx:50:unpublished"
    write_folder(tmp_path / "system" / "kmnist")
    search._SYSTEM = tmp_path / "system"
    assert datasets.load("kmnist").source == "system"


def test_without_a_digest_the_number_is_what_is_compared(tmp_path, write_folder, monkeypatch):
    monkeypatch.setitem(KNOWN, "kmnist", KNOWN["kmnist"]._replace(counts=((9, 9), (30, 20))))
    found = datasets.load("kmnist", write_folder(tmp_path))
    assert (found.published, found.token) == (True, "kmnist:idx:50")
    assert found.description.endswith(
        "Their number was compared with what was published, not their contents."
    )


def planes(split):
    return np.ascontiguousarray(split.images.transpose(0, 3, 1, 2)).reshape(len(split.images), -1)


def binary(split):
    return np.hstack([split.labels[:, None].astype(np.uint8), planes(split)]).tobytes()


def python2(split):
    """Pickles as Python 2 and the NumPy of 2009 did, operation by operation."""

    def text(s):
        return b"U" + bytes([len(s)]) + s

    def whole(n):
        return b"M" + struct.pack("<H", n)

    data = planes(split)
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + text(b"b")
    array += b"\x87R(K\x01" + whole(len(data)) + whole(3072) + b"\x86cnumpy\ndtype\n" + text(b"u1")
    array += b"K\x00K\x01\x87R(K\x03" + text(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    array += b"\x89T" + struct.pack("<i", data.size) + data.tobytes() + b"tb"
    labels = b"](" + b"".join(b"K" + bytes([y]) for y in split.labels.tolist()) + b"e"
    return b"\x80\x02}(" + text(b"data") + array + text(b"labels") + labels + b"u."


def python3(split):
    return pickle.dumps({"data": planes(split), "labels": split.labels.tolist()}, protocol=2)


@pytest.mark.parametrize(
    ("names", "encode", "below"),
    [
        (cifar.BINARY, binary, "cifar-10-batches-bin"),
        (cifar.PYTHON, python2, "cifar-10-batches-py"),
        (cifar.PYTHON, python3, "cifar10"),
    ],
)
def test_cifar_is_read_from_either_kind_of_batches(names, encode, below, tmp_path, colour):
    folder = tmp_path / below
    folder.mkdir()
    for name, split in zip(names, colour, strict=True):
        (folder / name).write_bytes(encode(split))
    found = datasets.load("cifar10", tmp_path)
    assert found.token == "cifar10:batches:16:unpublished"
    images, labels = (np.concatenate(part) for part in zip(*colour[:5], strict=True))
    np.testing.assert_array_equal(found.train.images, images)
    np.testing.assert_array_equal(found.test.images, colour[5].images)
    assert found.train.labels.tolist() == labels.tolist()
    assert (found.train.images.dtype, found.train.labels.dtype) == (np.uint8, np.int32)
    if below == "cifar10":
        return
    grey = datasets.load("cifar10_grey", tmp_path)
    for i in range(4):
        wanted = np.asarray(Image.fromarray(colour[5].images[i]).convert("L"))
        np.testing.assert_array_equal(grey.test.images[i], wanted)


def test_luma_is_the_weighted_sum_of_the_channels():
    images = np.random.RandomState(0).randint(0, 256, (50, 3)).astype(np.uint8)
    assert np.abs(luma(images) - images @ np.array([0.299, 0.587, 0.114])).max() <= 0.501


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("data_batch_2.bin", None, "missing data_batch_2.bin"),
        ("data_batch_2.bin", b"\x00" * 3000, "3000 bytes are no images of 3073"),
        ("data_batch_2.bin", b"\x0a" * 3073, "a label is not between 0 and 9"),
        ("test_batch", b"", r"damaged \(EOFError"),
        ("test_batch", pickle.dumps({"data": np.zeros((1, 9))}), r"damaged \(KeyError"),
        (
            "test_batch",
            pickle.dumps({"data": np.zeros((1, 9)), "labels": [1]}),
            r"data are float64 \(1, 9\), not \[N, 3072\]",
        ),
        (
            "test_batch",
            pickle.dumps({"data": np.zeros((1, 3072), np.uint8), "labels": [1, 2]}),
            r"1 images, but labels \(2,\)",
        ),
        ("test_batch", pickle.dumps(print), "names builtins.print, which no batch of CIFAR-10"),
        ("test_batch", b"cos\nsystem\n(S'true'\ntR.", "names os.system, which no batch of"),
    ],
)
def test_damaged_batches_are_refused_in_one_line_and_run_no_code(
    name, body, reason, tmp_path, colour
):
    names, encode = (cifar.BINARY, binary) if ".bin" in name else (cifar.PYTHON, python2)
    for file, split in zip(names, colour, strict=True):
        (tmp_path / file).write_bytes(encode(split))
    (tmp_path / name).unlink()
    if body is not None:
        (tmp_path / name).write_bytes(body)
    with pytest.raises(datasets.DatasetError, match=reason) as caught:
        datasets.load("cifar10", tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["kmnist", *EMNIST, "cifar10", "cifar10_grey"])
def test_what_is_not_there_is_told_with_what_to_do(name, tmp_path):
    wanted = KNOWN[name].files or cifar.PYTHON
    with pytest.raises(datasets.DatasetError, match=f"{wanted[0]}.*--data_dir=FOLDER"):
        datasets.load(name)
    with pytest.raises(datasets.DatasetError, match=f"no {name} here: .*{KNOWN[name].version}"):
        datasets.load(name, tmp_path)
    assert not set(FILES) - set(KNOWN["kmnist"].files)


def prepare(tfds_dir, name, splits, **config):
    """Prepares what stock TFDS would have; `splits` hold what the published files do."""
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core import registered

    stock = tfds.builder_cls(name)

    def examples(self, data):
        more = {"id": "train_0"} if name == "cifar10" else {}
        for i, (image, label) in enumerate(zip(*data, strict=True)):
            yield i, {"image": Image.fromarray(image), "label": int(label), **more}

    def generators(self, dl_manager):
        return {split: self._generate_examples(data) for split, data in splits.items()}

    made = {"_split_generators": generators, "_generate_examples": examples}
    with registered.skip_registration(), contextlib.redirect_stderr(io.StringIO()):
        kind = type(
            stock.__name__, (stock,), {"name": name, "__module__": stock.__module__, **made}
        )
        builder = kind(data_dir=tfds_dir, file_format=prepared.READABLE, **config)
        builder.download_and_prepare(
            download_dir=tfds_dir / "downloads",
            download_config=tfds.download.DownloadConfig(try_download_gcs=False),
        )


def test_prepared_letters_are_upright_and_in_the_order_of_the_files(tmp_path, small):
    turned = {
        part: Split(split.images.swapaxes(1, 2), np.arange(len(split.labels)) % 26 + 1)
        for part, split in zip(("train", "test"), small, strict=True)
    }
    prepare(tmp_path, "emnist", turned, config="letters")
    found = datasets.load("emnist_letters", tmp_path)
    assert found.source == "tfds"
    np.testing.assert_array_equal(found.train.images, small[0].images)
    assert found.train.labels.tolist() == [i % 26 for i in range(30)]


def test_prepared_colour_is_that_of_the_files(tmp_path, colour):
    prepare(tmp_path, "cifar10", {"train": colour[0], "test": colour[5]})
    found = datasets.load("cifar10", tmp_path)
    for split, original in ((found.train, colour[0]), (found.test, colour[5])):
        np.testing.assert_array_equal(split.images, original.images)
        assert split.labels.tolist() == original.labels.tolist()
    grey = datasets.load("cifar10_grey", tmp_path)
    np.testing.assert_array_equal(grey.test.images, luma(colour[5].images))
