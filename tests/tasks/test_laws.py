"""What is true of every task that has data by itself."""

import inspect

import jax
import numpy as np
import pytest

from rnnjax import tasks
from rnnjax.batch import without_missing
from tests.laws.draws import assert_close, assert_identical, normal
from tests.tasks.compiled import held_out, judge, trained_on

B = 5


def made(name):
    """Returns the task of a name as it is without arguments; None where that cannot be."""
    kind = getattr(tasks, name)
    if name == "Images":
        return kind("digits")  # its data need no network
    if not inspect.isclass(kind) or inspect.isabstract(kind) or not issubclass(kind, tasks.Task):
        return None
    needed = [p for p in inspect.signature(kind).parameters.values() if p.default is p.empty]
    return None if needed else kind()


TASKS = [
    *filter(None, map(made, tasks.__all__)),
    tasks.Adding(2),
    tasks.Copying(4, 3, 3),
    tasks.Echo(3, 20, window=5),
    tasks.Images("digits", "permuted", validation=50),
]
every_task = pytest.mark.parametrize("task", TASKS, ids=repr)


def batches(task):
    """Returns one batch of each part."""
    return {
        "train": trained_on(task.source("train", B)),
        "validation": held_out(task.source("validation", B)),
        "test": held_out(task.source("test", B)),
    }


def perfect(task, batch, certainty=100.0):
    """Returns outputs that say what is wanted."""
    if np.issubdtype(batch.targets.dtype, np.floating):
        return np.nan_to_num(batch.targets)
    return certainty * np.eye(task.output_dim, dtype=np.float32)[batch.targets]


def test_some_of_all_kinds_are_here():
    assert {"Adding", "Addition", "Copying", "Echo", "Images"} <= {
        type(task).__name__ for task in TASKS
    }


@every_task
def test_batches_have_the_documented_shapes_and_dtypes(task):
    found = batches(task)
    for batch in found.values():
        T = S = batch.inputs.shape[0]
        if isinstance(task, tasks.PairTask):
            S, T = task.source_length, task.target_length
        wanted = (T, B) if task.per_step else (B,)
        if task.embedded:
            assert (batch.inputs.shape, batch.inputs.dtype) == ((S, B), np.int32)
            assert 0 <= batch.inputs.min() <= batch.inputs.max() < task.input_dim
        else:
            assert (batch.inputs.shape, batch.inputs.dtype) == ((S, B, task.input_dim), np.float32)
        assert (batch.mask.shape, batch.mask.dtype) == (wanted, bool)
        if batch.targets.dtype == np.int32:
            assert batch.targets.shape == wanted
            assert batch.targets.min() >= 0
            assert batch.targets.max() < task.output_dim
        else:
            assert batch.targets.shape == (*wanted, task.output_dim)
            assert batch.targets.dtype == np.float32
        for flags in (batch.steps, batch.reset):
            assert flags is None or (flags.shape, flags.dtype) == ((S, B), bool)
    shapes = [jax.tree.map(np.shape, batch) for batch in found.values()]
    assert shapes == shapes[:1] * 3
    assert task.baseline is None or 0 < task.baseline < 5
    assert task.metric == "loss" or judge(task, perfect(task, found["train"]), found["train"])[2]


@every_task
def test_what_is_held_out_is_always_the_same_and_in_no_other_part(task):
    found, again = batches(task), batches(task)
    for part in ("validation", "test"):
        assert_identical(again[part], found[part])
    seen = [batch.inputs[:, b].tobytes() for batch in found.values() for b in range(B)]
    # Short sequences of few symbols are soon drawn twice.
    if found["train"].inputs.shape[0] > 20:
        assert len(set(seen)) == 3 * B
    first = found["train"].inputs
    assert not np.array_equal(first, found["validation"].inputs)
    assert not np.array_equal(first, trained_on(task.source("train", B), epoch=1).inputs)
    assert_identical(trained_on(task.source("train", B)), found["train"])


@every_task
def test_a_task_is_its_text_and_may_be_an_argument_of_compiled_code(task):
    again = eval(repr(task), dict(vars(tasks)))
    assert (again, hash(again)) == (task, hash(task))
    assert again is not task
    assert jax.jit(lambda task: task.output_dim)(task) == task.output_dim


@every_task
def test_perfect_outputs_have_no_loss_and_full_accuracy(task):
    batch = trained_on(task.source("train", B))
    loss, _, accuracy = judge(task, perfect(task, batch), batch)
    assert 0 <= loss < 1e-6
    assert accuracy == 1
    wrong = -perfect(task, batch) if task.output_dim > 1 else 9 + perfect(task, batch)
    loss, _, accuracy = judge(task, wrong, batch)
    assert loss > 1
    assert accuracy == 0


@every_task
def test_only_what_the_mask_shows_counts(task):
    batch = trained_on(task.source("train", B))
    batch = batch._replace(mask=batch.mask & (np.arange(B) != 2))
    outputs = perfect(task, batch, certainty=3.0)
    outputs = outputs + normal(3, outputs.shape)
    hidden = np.where(batch.mask[..., None], outputs, np.float32(1e6))
    loss, gradient, accuracy = judge(task, outputs, batch)
    assert_identical(judge(task, hidden, batch), (loss, gradient, accuracy))
    assert (gradient[~batch.mask] == 0).all()
    assert np.abs(gradient[batch.mask]).min() > 0
    rows = (slice(None), [0, 1, 3, 4]) if task.per_step else [0, 1, 3, 4]
    fewer = batch._replace(targets=batch.targets[rows], mask=batch.mask[rows])
    assert_close(judge(task, outputs[rows], fewer)[0], loss, rtol=1e-5)


@every_task
def test_what_stands_where_nothing_counts_reaches_neither_loss_nor_gradient(task):
    batch = trained_on(task.source("train", B))
    batch = batch._replace(mask=batch.mask & (np.arange(B) != 2))
    outputs = normal(4, (*batch.mask.shape, task.output_dim))
    wanted = judge(task, outputs, batch)
    is_class = np.issubdtype(batch.targets.dtype, np.integer)
    for nothing in (-7, 10**6) if is_class else (np.nan, np.inf):
        there = batch.mask.reshape(batch.mask.shape + (1,) * (batch.targets.ndim - batch.mask.ndim))
        targets = np.where(there, batch.targets, np.array(nothing, batch.targets.dtype))
        assert_identical(judge(task, outputs, batch._replace(targets=targets)), wanted)
        cleaned = without_missing(batch._replace(targets=targets))
        assert_identical(judge(task, outputs, cleaned), wanted)
    silent = np.where(batch.mask[..., None], outputs, np.float32(np.nan))
    assert_identical(judge(task, silent, batch), wanted)


@every_task
def test_nothing_to_judge_is_no_loss(task):
    batch = trained_on(task.source("train", B))
    batch = batch._replace(mask=np.zeros_like(batch.mask))
    outputs = np.ones((*batch.mask.shape, task.output_dim), np.float32)
    loss, gradient, accuracy = judge(task, outputs, batch)
    assert (loss, accuracy) == (0, 0)
    assert not gradient.any()
