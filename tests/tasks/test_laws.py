"""What is true of every task that has data by itself."""

import dataclasses
import inspect
import pathlib
import typing

import jax
import numpy as np
import pytest

from rnnjax import tasks
from rnnjax.batch import without_missing
from rnnjax.tasks.sources import PARTS, rows_of
from rnnjax.tasks.text.streams import Streams
from tests.full import full
from tests.laws.draws import assert_close, assert_identical, normal
from tests.tasks.compiled import held_out, judge, trained_on

B = 5


def made(name):
    """Returns the task of a name as it is without arguments; None where that cannot be."""
    kind = getattr(tasks, name)
    if name in APART:
        return None
    if name == "Images":
        return kind("digits")  # its data need no network
    if name == "Text":
        return kind(str(pathlib.Path(__file__).parents[2] / "LICENSE"))
    if not inspect.isclass(kind) or inspect.isabstract(kind) or not issubclass(kind, tasks.Task):
        return None
    needed = [p for p in inspect.signature(kind).parameters.values() if p.default is p.empty]
    return None if needed else kind()


# One of a single sequence, one of odds, whose least loss is not zero: each has tests of its own.
APART = {"PeriodicOutput", "LaggedAdd"}
TASKS = [
    *filter(None, map(made, tasks.__all__)),
    tasks.Adding(2),
    tasks.Copying(4, 3, 3),
    tasks.Echo(3, 20, window=5),
    tasks.Images("digits", "permuted", validation=50),
]
FEW = {"Counting", "EmbeddedReber", "Reber"}  # of so few strings that some are drawn twice
LONG = (tasks.AssociativeRetrieval, tasks.MQAR, tasks.ReadySetGo, tasks.YangTask)  # to compile
every_task = pytest.mark.parametrize(
    "task", [full(task) if isinstance(task, LONG) else task for task in TASKS], ids=repr
)


def perfect(task, batch, certainty=100.0):
    """Returns outputs that say what is wanted."""
    if isinstance(task, tasks.YangTask):  # its outputs pass a logistic function
        return np.log(batch.targets / (1 - batch.targets))
    if np.issubdtype(batch.targets.dtype, np.floating):
        return np.nan_to_num(batch.targets)
    return certainty * np.eye(task.output_dim, dtype=np.float32)[batch.targets]


def test_some_of_all_kinds_are_here():
    assert {type(task).__name__ for task in TASKS} >= {
        "Adding",
        "Addition",
        "Copying",
        "Echo",
        "Images",
        "Lorenz",
        "MQAR",
        "Parity",
        "PerceptualDecision",
        "TimeSeries",
    }
    assert len({type(task) for task in TASKS}) >= 50


@every_task
def test_a_task_obeys_all_laws(task):
    is_its_text(task)
    train, validation, test = (task.source(part, B) for part in PARTS)
    batch, held = trained_on(train), [held_out(validation), held_out(test)]
    for found in (batch, *held):
        has_the_documented_shapes(task, found)
    assert_identical(trained_on(train), batch)
    rows = np.array([3, 1, 4, 0, 1])  # of other devices each has some
    assert_identical(trained_on(train, rows=rows), rows_of(batch, rows))
    assert_identical([held_out(validation), held_out(test)], held)
    others = held if isinstance(train, Streams) else [*held, trained_on(train, epoch=1)]
    # The streams of a text are the same in every epoch, and few short strings may be alike.
    assert not all(np.array_equal(other.inputs, batch.inputs) for other in others)
    judges_perfect_outputs(task, batch)
    batch = batch._replace(mask=batch.mask & (np.arange(B) != 2))
    judges_what_counts_alone(task, batch)
    reads_nothing_where_nothing_counts(task, batch)
    finds_no_loss_where_nothing_is_judged(task, batch)


def is_its_text(task):
    again = eval(repr(task), dict(vars(tasks)))
    assert (again, hash(again)) == (task, hash(task))
    assert again is not task
    assert jax.jit(lambda task: task.output_dim)(task) == task.output_dim


def has_the_documented_shapes(task, batch):
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
    assert batch.mask.any()
    if batch.targets.dtype == np.int32:
        assert batch.targets.shape == wanted
        assert 0 <= batch.targets.min() <= batch.targets.max() < task.output_dim
    else:
        assert batch.targets.shape == (*wanted, task.output_dim)
        assert batch.targets.dtype == np.float32
    for flags in (batch.steps, batch.reset):
        assert flags is None or (flags.shape, flags.dtype) == ((S, B), bool)
    assert task.baseline is None or 0 < task.baseline < 10


def judges_perfect_outputs(task, batch):
    right = perfect(task, batch)
    loss, _, accuracy = judge(task, right, batch)
    assert 0 <= loss < 1e-6
    assert accuracy in (None, 1)
    wrong = -right if task.output_dim > 1 else np.where(right > 0, -9, 9).astype(np.float32)
    loss, _, accuracy = judge(task, wrong, batch)
    assert loss > 1
    assert accuracy in (None, 0)
    assert task.metric == "loss" or accuracy is not None


def judges_what_counts_alone(task, batch):
    outputs = perfect(task, batch, certainty=3.0)
    outputs = outputs + normal(3, outputs.shape)
    loss, gradient, accuracy = judge(task, outputs, batch)
    hidden = np.where(batch.mask[..., None], outputs, np.float32(1e6))
    assert_identical(judge(task, hidden, batch), (loss, gradient, accuracy))
    assert (gradient[~batch.mask] == 0).all()
    assert np.abs(gradient[batch.mask]).min() > 0
    # A mean stays when all that it is over is there twice.
    once, twice = [0, 1, 2, 2, 2], [0, 1, 0, 1, 2]
    wanted, found = (
        judge(task, outputs[:, rows] if task.per_step else outputs[rows], rows_of(batch, rows))[0]
        for rows in map(np.array, (once, twice))
    )
    assert_close(found, wanted, rtol=1e-5)


def reads_nothing_where_nothing_counts(task, batch):
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


def finds_no_loss_where_nothing_is_judged(task, batch):
    batch = batch._replace(mask=np.zeros_like(batch.mask))
    outputs = np.ones((*batch.mask.shape, task.output_dim), np.float32)
    loss, gradient, accuracy = judge(task, outputs, batch)
    assert loss == 0
    assert accuracy in (None, 0)
    assert not gradient.any()


@pytest.mark.parametrize("name", tasks.__all__)
def test_a_field_of_another_kind_is_refused_in_one_line(name):
    """From the command line it cannot come; from Python it would silently be another task."""
    task = made(name)
    if task is None:
        pytest.skip("it has arguments of its own")
    for field in dataclasses.fields(task):
        wrong = {int: 2.0, float: "0.1", bool: "no"}.get(field.type)
        if typing.get_origin(field.type) is typing.Literal:
            wrong = "words and bytes"
        if wrong is None:
            continue
        with pytest.raises(ValueError, match=f"^{name}: {field.name} must be .*; got {wrong!r}$"):
            dataclasses.replace(task, **{field.name: wrong})
