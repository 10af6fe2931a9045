"""Tasks of stored sequences: what they say of their data, and which data they refuse."""

import hashlib

import numpy as np
import pytest

from rnnjax import tasks
from tests.laws.draws import normal

N, T, D = 8, 5, 3
INPUTS, CLASSES, LENGTHS = normal(0, (N, T, D)), np.arange(N) % 3, np.arange(N) % T + 1
STEPWISE = np.arange(N * T).reshape(N, T) % 4


@pytest.mark.parametrize(
    ("train", "sizes", "per_step", "metric"),
    [
        ((INPUTS, CLASSES), (3, 3), False, "accuracy"),
        ((INPUTS, CLASSES == 1), (3, 2), False, "accuracy"),
        ((INPUTS, STEPWISE), (3, 4), True, "accuracy"),
        ((STEPWISE, STEPWISE), (1, 4), True, "accuracy"),
        ((INPUTS, INPUTS[:, 0, :2]), (3, 2), False, "loss"),
        ((INPUTS.tolist(), INPUTS[..., :1], LENGTHS.tolist()), (3, 1), True, "loss"),
    ],
)
def test_sizes_and_the_metric_follow_from_the_arrays(train, sizes, per_step, metric):
    task = tasks.Arrays(train)
    assert (task.input_dim, task.output_dim) == sizes
    assert (task.per_step, task.metric) == (per_step, metric)
    assert repr(task) == "Arrays(train=8)"
    assert task.source("validation", 2) is None


def test_classes_are_those_of_all_parts_where_targets_count():
    train, test = tasks.Examples(INPUTS, STEPWISE % 2), tasks.Examples(INPUTS[:2], STEPWISE[:2])
    assert tasks.Arrays(train, test=test).output_dim == 4
    assert tasks.Arrays(train, test=test, classes=9).output_dim == 9
    padded = np.where(np.arange(T) < LENGTHS[:, None], STEPWISE, -1)
    padded = np.where((np.arange(T) == T - 1) & (padded < 0), 1000, padded)
    wanted = 1 + max(STEPWISE[b, : LENGTHS[b]].max() for b in range(N))
    assert tasks.Arrays((INPUTS, padded, LENGTHS)).output_dim == wanted


def test_a_part_without_examples_has_no_source():
    task = tasks.Arrays((INPUTS, CLASSES), test=(INPUTS[:0], CLASSES[:0]))
    assert task.source("test", 4) is None
    assert task.output_dim == 3


def test_a_digest_is_that_of_the_bytes_of_all_arrays():
    task = tasks.Arrays((INPUTS, CLASSES), test=(INPUTS[:2], CLASSES[:2]))
    sha = hashlib.sha256()
    for part, count in (("train", 8), ("test", 2)):
        for array in (INPUTS[:count], CLASSES[:count].astype(np.int32)):
            sha.update(f"{part} {array.dtype} {array.shape}".encode() + array.tobytes())
    assert task.digest == sha.hexdigest()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: tasks.Arrays((INPUTS, CLASSES), test=(INPUTS[..., :2], CLASSES)),
            "test has inputs of 2 features, targets of classes, one a sequence; train has "
            "inputs of 3 features, targets of classes, one a sequence",
        ),
        (
            lambda: tasks.Arrays((INPUTS, CLASSES), (INPUTS, INPUTS[:, 0])),
            "validation has inputs of 3 features, targets of 3 numbers, one a sequence; train has",
        ),
        (
            lambda: tasks.Arrays((INPUTS, STEPWISE), (STEPWISE, STEPWISE)),
            "validation has whole inputs to embed, targets of classes, one a step; train has",
        ),
        (
            lambda: tasks.Arrays((INPUTS, CLASSES), classes=2),
            "train: a target is 2, classes are 0 to 1",
        ),
        (
            lambda: tasks.Arrays((INPUTS, CLASSES - 1)),
            "train: a target is -1, classes are 0 or more",
        ),
        (
            lambda: tasks.Arrays((INPUTS, INPUTS), classes=2),
            "classes=2, but the targets are numbers: float32",
        ),
        (
            lambda: tasks.Arrays((INPUTS, CLASSES, np.zeros(8, int))),
            "train: all lengths are 0: there is not one step",
        ),
    ],
)
def test_arrays_that_are_no_task_are_refused_in_one_line(make, message):
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        make()
    assert "\n" not in str(caught.value)


class Signs(tasks.StoredTask):
    """Say whether numbers are above zero, as somebody would write it."""

    seed: int = 0
    count: int = N
    input_dim, output_dim = D, 2
    per_step = False
    metric = "accuracy"

    def load(self):
        READ.append(self)
        numbers = normal(self.seed, (self.count, T, D))
        signs = numbers.sum((1, 2)) > 0
        return tasks.split((numbers, signs), validation=0.25, test=0)


READ: list[Signs] = []


def test_stored_data_are_read_when_they_are_needed_and_only_once():
    READ.clear()
    task = Signs(seed=11)
    assert not READ
    assert {part: len(ex.inputs) for part, ex in task.parts.items()} == {
        "train": 6,
        "validation": 2,
    }
    assert task.source("train", 4).updates_per_epoch == 1
    assert Signs(seed=11).source("test", 4) is None
    assert len(task.digest) == 64
    assert len(READ) == 1
    assert repr(task) == "Signs(seed=11, count=8)"
    assert task.digest == Signs(11).digest != Signs(12).digest
    assert len(READ) == 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"per_step": True},
            r"train: targets are int32 \(6,\), one a sequence \(per_step = False\); "
            r"the task wants one a step \(per_step = True\)",
        ),
        ({"input_dim": 2}, r"train: inputs are \(6, 5, 3\), but input_dim is 2"),
        ({"output_dim": 1}, "train: a target is 1, classes are 0 to 0"),
        (
            {"load": lambda self: {"train": (INPUTS, INPUTS[:, 0])}},
            r"train: targets are \(8, 3\), but output_dim is 2",
        ),
        (
            {"load": lambda self: {"test": (INPUTS, CLASSES)}},
            r"the parts are train, validation, test, the first of them always; got \['test'\]",
        ),
        (
            {"load": lambda self: {"train": (INPUTS, CLASSES), "valid": (INPUTS, CLASSES)}},
            r"the parts are train, .* got \['train', 'valid'\]",
        ),
    ],
)
def test_data_that_are_not_what_the_task_says_are_refused_in_one_line(fields, message):
    task = type("Wrong", (Signs,), fields)()
    with pytest.raises(ValueError, match=f"^{message}$") as caught:
        task.source("train", 2)
    assert "\n" not in str(caught.value)
