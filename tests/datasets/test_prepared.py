import sys

import numpy as np
import pytest

from rnnjax import datasets
from rnnjax.datasets import prepared
from rnnjax.datasets.base import PUBLISHED_DIGESTS, digest
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
    monkeypatch.setitem(PUBLISHED_DIGESTS, "fashion_mnist", digest(*small))
    return write_folder(tmp_path / "idx")


def in_tfds_order(split, name):
    """The split as TFDS orders it: by the hash of each example's number."""
    from tensorflow_datasets.core.hashing import Hasher

    order = sorted(range(len(split.labels)), key=Hasher(name).hash_key)
    return split.images[order], split.labels[order]


def assert_same(read, original):
    for name, split, expected in zip(("train", "test"), read, original, strict=True):
        images, labels = in_tfds_order(expected, name)
        np.testing.assert_array_equal(split.images, images)
        np.testing.assert_array_equal(split.labels, labels)
        assert (split.images.dtype, split.labels.dtype) == (np.uint8, np.int32)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_what_was_prepared_is_read_bit_for_bit(name, small, small_folder, tmp_path, capfd):
    path = datasets.prepare_tfds(small_folder, tmp_path / "tfds", name)
    assert path == tmp_path / "tfds" / name / "3.0.1"
    assert_same(datasets.read_tfds(tmp_path / "tfds", name), small)
    assert datasets.load(name, str(tmp_path / "tfds")).source == "tfds"
    assert capfd.readouterr() == ("", "")


def test_stock_tfds_reads_it_with_every_default(small, small_folder, tmp_path):
    import tensorflow_datasets as tfds

    datasets.prepare_tfds(small_folder, tmp_path)
    source = tfds.data_source("mnist", split="test", data_dir=tmp_path, download=False)
    images, labels = in_tfds_order(small[1], "test")
    np.testing.assert_array_equal(np.stack([e["image"][..., 0] for e in source]), images)
    assert [e["label"] for e in source] == labels.tolist()
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
        ('{"fileFormat": "tfrecord"}', "the format is tfrecord"),
        ("{}", "the format is tfrecord"),
        ("[", "the format is unreadable"),
        (None, "no dataset_info.json"),
    ],
)
def test_data_that_cannot_be_read_without_tensorflow(info, reason, tmp_path):
    path = prepared.prepared_path(tmp_path, "mnist")
    path.mkdir(parents=True)
    if info is not None:
        (path / "dataset_info.json").write_text(info)
    with pytest.raises(datasets.DatasetError, match=f"{path}: .*{reason}"):
        datasets.read_tfds(tmp_path, "mnist")


@pytest.mark.full
def test_all_70000_examples(real_folder, tmp_path):
    datasets.prepare_tfds(real_folder, tmp_path)
    assert_same(datasets.read_tfds(tmp_path, "mnist"), read_folder(real_folder))
