import hashlib

import numpy as np
import pytest

from rnnjax import datasets
from rnnjax.datasets.base import Split
from rnnjax.datasets.contents import digest
from rnnjax.datasets.idx import read_folder


def examples(split):
    return [
        image.tobytes() + bytes([label, 0, 0, 0])
        for image, label in zip(split.images, split.labels, strict=True)
    ]


def shuffled(split, seed=0):
    order = np.random.RandomState(seed).permutation(len(split.labels))
    return Split(split.images[order], split.labels[order])


@pytest.mark.parametrize("count", [1, 7, 29])
def test_held_out_are_those_with_the_smallest_hashes(count, small):
    everything = examples(small[0])
    chosen = set(sorted(everything, key=lambda e: hashlib.sha256(e).hexdigest())[:count])
    train, validation = datasets.hold_out(small[0], count)
    assert examples(train) == [e for e in everything if e not in chosen]
    assert examples(validation) == [e for e in everything if e in chosen]
    assert (train.images.dtype, train.labels.dtype) == (np.uint8, np.int32)


def test_the_order_of_a_source_does_not_matter_nor_do_copies_and_layouts(small):
    # Each example three times, and every count: copies at the border are divided the same way.
    tripled = Split(*(np.concatenate([values] * 3) for values in small[0]))
    other = shuffled(tripled)
    other = Split(np.asfortranarray(other.images), other.labels.astype(">i8"))
    for count in range(90):
        parts = datasets.hold_out(tripled, count), datasets.hold_out(other, count)
        for one, same in zip(*parts, strict=True):
            assert sorted(examples(one)) == sorted(examples(same))
            assert len(one.labels) in (count, 90 - count)


def test_none_held_out_leaves_the_training_split_as_it_is(small):
    train, validation = datasets.hold_out(small[0], 0)
    assert train is small[0]
    assert (validation.images.shape, validation.labels.shape) == ((0, 28, 28), (0,))


@pytest.mark.parametrize("count", [-1, 30, 31, 10**30])
def test_counts_that_leave_nothing(count, small):
    with pytest.raises(datasets.DatasetError, match=f"{count} of 30 training examples"):
        datasets.hold_out(small[0], count)


@pytest.mark.parametrize("count", [5.0, float("nan"), None, "5"])
def test_a_count_is_a_whole_number(count, small):
    with pytest.raises(TypeError, match="integer"):
        datasets.hold_out(small[0], count)


def test_of_every_size_some_are_left():
    for count in [*range(1, 5000), 60_000, 10**6]:
        held = datasets.default_validation(count)
        assert held == max(count // 12, 500) or (held == count // 8 and held <= 500)
        assert held < count
    assert datasets.default_validation(60_000) == 5_000
    assert datasets.default_validation(4_000) == 500


def test_the_draw_never_changes_and_takes_every_digit_alike():
    train, validation = datasets.hold_out(datasets.load("digits").train, 500)
    assert (
        digest(train, validation)
        == "3be45986cd7d79d66f09e7c637bb066946cdfe11979f80f3bdc836aeec0814eb"
    )
    # 400 of 4,000 each: hypergeometric, 50 and a standard deviation of 6.3.
    counts = np.bincount(validation.labels)
    assert np.abs(counts - 50).max() < 3.5 * 6.3


def test_the_official_files(real_folder):
    train, _ = read_folder(real_folder)
    rest, validation = datasets.hold_out(train, 5_000)
    assert (len(rest.labels), len(validation.labels)) == (55_000, 5_000)
    assert (
        digest(rest, validation)
        == "2fc0c357f30f407cfa1e13762acf1eaeb62c5b7c062c09135356524193266c52"
    )
    again = datasets.hold_out(shuffled(train), 5_000)[1]
    assert sorted(examples(again)) == sorted(examples(validation))
    # Every share of a digit within 3.5 standard deviations of a draw without regard to it.
    share = np.bincount(train.labels) / 60_000
    deviation = np.sqrt(5_000 * share * (1 - share) * 55_000 / 60_000)
    assert (np.abs(np.bincount(validation.labels) - 5_000 * share) < 3.5 * deviation).all()
