import hashlib
import sys

import numpy as np
import pytest

from rnnjax import datasets
from rnnjax.datasets import prepared
from rnnjax.datasets.contents import PUBLISHED_DIGESTS, digest
from rnnjax.datasets.idx import read_folder


@pytest.fixture(autouse=True)
def no_tensorflow():
    """Where it is not installed, using it fails; where it is, loading it shows."""
    before = "tensorflow" in sys.modules
    yield
    assert ("tensorflow" in sys.modules) == before


@pytest.fixture
def small_folder(write_folder, small, monkeypatch, tmp_path):
    monkeypatch.setitem(PUBLISHED_DIGESTS, "mnist", digest(*small))
    return write_folder(tmp_path / "idx")


def assert_same(read, original):
    for split, expected in zip(read, original, strict=True):
        np.testing.assert_array_equal(split.images, expected.images)
        np.testing.assert_array_equal(split.labels, expected.labels)
        assert (split.images.dtype, split.labels.dtype) == (np.uint8, np.int32)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_what_was_prepared_is_read_bit_for_bit(
    name, small, small_folder, tmp_path, capfd, monkeypatch
):
    monkeypatch.setitem(PUBLISHED_DIGESTS, "mnist", "")
    monkeypatch.setitem(PUBLISHED_DIGESTS, name, digest(*small))
    path = datasets.prepare_tfds(small_folder, tmp_path / "tfds", name)
    assert path == tmp_path / "tfds" / name / "3.0.1"
    assert_same(datasets.read_tfds(tmp_path / "tfds", name), small)
    found = datasets.load(name, str(tmp_path / "tfds"))
    assert (found.token, found.digest) == (f"{name}:tfds:50", digest(*small))
    assert capfd.readouterr() == ("", "")


def test_stock_tfds_reads_it_with_every_default(small, small_folder, tmp_path):
    import tensorflow_datasets as tfds

    datasets.prepare_tfds(small_folder, tmp_path)
    source = tfds.data_source("mnist", split="test", data_dir=tmp_path, download=False)
    # TFDS orders by the hash of the split's name and an example's number.
    order = sorted(range(20), key=lambda i: hashlib.md5(f"test{i}".encode()).hexdigest())
    images = np.stack([example["image"][..., 0] for example in source])
    np.testing.assert_array_equal(images, small[1].images[order])
    assert [example["label"] for example in source] == small[1].labels[order].tolist()
    info = tfds.builder("mnist", data_dir=tmp_path).info
    assert info.module_name == "tensorflow_datasets.image_classification.mnist"
    assert info.features["image"].shape == (28, 28, 1)


def test_only_published_files_are_prepared_and_only_once(small_folder, tmp_path, write_folder):
    others = write_folder(tmp_path / "others", shift=1)
    with pytest.raises(datasets.DatasetError, match="not those published as mnist"):
        datasets.prepare_tfds(others, tmp_path / "tfds")
    with pytest.raises(datasets.DatasetError, match="digits: can prepare mnist or fashion_mnist"):
        datasets.prepare_tfds(small_folder, tmp_path / "tfds", "digits")
    assert not (tmp_path / "tfds").exists()
    path = datasets.prepare_tfds(small_folder, tmp_path / "tfds")
    with pytest.raises(datasets.DatasetError, match=f"{path}: exists already"):
        datasets.prepare_tfds(small_folder, tmp_path / "tfds")


def test_damaged_data_are_refused_in_one_line(small_folder, tmp_path):
    path = datasets.prepare_tfds(small_folder, tmp_path)
    (records,) = path.glob("*test*")
    records.write_bytes(records.read_bytes()[:-1000])
    with pytest.raises(datasets.DatasetError, match=f"{path}: cannot be read") as refusal:
        datasets.read_tfds(tmp_path, "mnist")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        ('{"fileFormat": "tfrecord"}', "format tfrecord, which takes TensorFlow"),
        ('{"fileFormat": "riegeli"}', "format riegeli, which takes TensorFlow"),
        ("{}", "format tfrecord, which takes TensorFlow"),
        ("[", "damaged dataset_info.json"),
        (None, r"no dataset_info\.json"),
    ],
)
def test_data_that_cannot_be_read_without_tensorflow(info, reason, tmp_path):
    path = prepared.prepared_path(tmp_path, "mnist")
    path.mkdir(parents=True)
    if info is not None:
        (path / "dataset_info.json").write_text(info)
    match = f"^the TFDS data in {path} .*{reason}.*; .*prepare_tfds.*array_record"
    with pytest.raises(datasets.DatasetError, match=match) as refusal:
        datasets.read_tfds(tmp_path, "mnist")
    assert str(refusal.value) == prepared.unreadable(tmp_path, "mnist")


def test_data_of_another_version(tmp_path):
    older = tmp_path / "mnist" / "3.0.0"
    older.mkdir(parents=True)
    assert prepared.unreadable(tmp_path, "mnist") is None
    (older / "dataset_info.json").write_text('{"fileFormat": "array_record"}')
    with pytest.raises(datasets.DatasetError, match=r"of version 3\.0\.0, not 3\.0\.1; "):
        datasets.read_tfds(tmp_path, "mnist")
    assert prepared.unreadable(tmp_path, "fashion_mnist") is None


@pytest.mark.full
def test_all_70000_examples(real_folder, tmp_path):
    datasets.prepare_tfds(real_folder, tmp_path)
    found = datasets.load("mnist", tmp_path)
    assert_same((found.train, found.test), read_folder(real_folder))
    assert found.token == "mnist:tfds:70000"
