"""Examples: how they are checked and divided."""

import numpy as np
import pytest

from rnnjax import tasks
from rnnjax.tasks.examples import check_examples
from tests.laws.draws import assert_identical

N, T, D = 20, 5, 2
INPUTS = np.arange(N * T * D, dtype=float).reshape(N, T, D)
CLASSES = np.arange(N) % 3
LENGTHS = np.arange(N) % T + 1


def parts_of(**shares):
    return tasks.split((INPUTS, CLASSES, LENGTHS), **shares)


def test_each_example_is_in_one_part_with_what_belongs_to_it():
    parts = parts_of(validation=0.2, test=0.3)
    assert list(parts) == ["train", "validation", "test"]
    assert [len(part.inputs) for part in parts.values()] == [10, 4, 6]
    rows = {part: (ex.inputs[:, 0, 0] // (T * D)).astype(int) for part, ex in parts.items()}
    assert sorted(np.concatenate(list(rows.values()))) == list(range(N))
    for part, examples in parts.items():
        assert rows[part].tolist() == sorted(rows[part])
        assert_identical(examples.inputs, INPUTS[rows[part]].astype(np.float32))
        assert_identical(examples.targets, CLASSES[rows[part]].astype(np.int32))
        assert_identical(examples.lengths, LENGTHS[rows[part]].astype(np.int32))


def test_a_seed_divides_always_in_the_same_way():
    assert_identical(parts_of(), parts_of(seed=0))
    # As NumPy's frozen generator does, whatever comes after it.
    order = np.random.RandomState(7).permutation(N)
    assert parts_of(seed=7)["test"].targets.tolist() == CLASSES[np.sort(order[:2])].tolist()
    assert any((parts_of(seed=s)["test"].inputs != parts_of()["test"].inputs).any() for s in (1, 2))


def test_a_share_of_zero_leaves_a_part_out():
    assert parts_of(test=0).keys() == {"train", "validation"}
    assert parts_of(validation=0, test=0).keys() == {"train"}
    task = tasks.Arrays(**parts_of(validation=0))
    assert repr(task) == "Arrays(train=18, test=2)"


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"validation": -0.1}, "validation is a share, from 0 to below 1; got -0.1"),
        ({"test": 1.0}, "test is a share, from 0 to below 1; got 1.0"),
        ({"test": 5}, "test is a share, from 0 to below 1; got 5"),
        ({"validation": 0.01}, "validation: 0.01 of 20 examples is less than one"),
        ({"validation": 0.5, "test": 0.5}, "nothing of 20 examples is left to train on"),
    ],
)
def test_shares_that_cannot_be_are_refused(shares, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        parts_of(**shares)


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ((INPUTS[0], CLASSES[:T]), r"p: inputs are float32 \(5, 2\), not \[N, T, D\]"),
        ((INPUTS[..., None], CLASSES), r"p: inputs are float32 \(20, 5, 2, 1\), not"),
        ((INPUTS, CLASSES[:-1]), "p: there are 20 inputs and 19 targets"),
        ((INPUTS, CLASSES * 1.0), r"p: targets are float32 \(20,\), not \[N, K\] or \[N, T, K\]"),
        ((INPUTS, CLASSES[:, None, None]), r"p: targets are int64 \(20, 1, 1\), not \[N\] or"),
        ((INPUTS, INPUTS[:, :4]), r"p: targets \(20, 4, 2\) are numbers at 4 steps, inputs .* 5"),
        ((INPUTS, CLASSES[:, None]), r"p: targets \(20, 1\) are classes .* at 1 steps"),
        ((INPUTS, CLASSES, LENGTHS[:-1]), r"p: lengths are int64 \(19,\), not a whole number"),
        ((INPUTS, CLASSES, LENGTHS * 1.0), "p: lengths are float32"),
        ((INPUTS, CLASSES, LENGTHS + 1), "p: a length is not between 0 and the 5 steps"),
        ((INPUTS, CLASSES, LENGTHS - 2), "p: a length is not between 0 and the 5 steps"),
        (([[1.0], [1.0, 2.0]], [0, 1]), "p: inputs are of unequal shapes: pad them"),
        ((INPUTS, list("abcdefghijklmnopqrst")), "p: targets are <U1, not numbers"),
    ],
)
def test_examples_that_do_not_fit_each_other_are_refused_in_one_line(examples, message):
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        check_examples("p", examples)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        (INPUTS, r"p is a tuple \(inputs, targets\) or .*; got ndarray"),
        ((INPUTS,), "p is a tuple .*; got 1 of them"),
        ((INPUTS, CLASSES, LENGTHS, LENGTHS), "p is a tuple .*; got 4 of them"),
        ({"x": INPUTS, "y": CLASSES}, "p is a tuple .*; got a mapping of x, y"),
    ],
)
def test_what_are_no_examples_is_refused(examples, message):
    with pytest.raises(TypeError, match=f"^{message}$"):
        check_examples("p", examples)


def test_numbers_become_single_and_classes_whole():
    tokens = np.ones((N, T), np.uint8)
    found = check_examples("p", {"inputs": tokens, "targets": CLASSES > 0})
    assert (found.inputs.dtype, found.targets.dtype) == (np.uint8, np.int32)
    found = check_examples("p", (INPUTS.astype(np.float16), [[1.0]] * N, LENGTHS.astype(np.uint8)))
    assert [x.dtype for x in found] == [np.float32, np.float32, np.int32]
