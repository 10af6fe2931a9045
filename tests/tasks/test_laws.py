"""What is true of every task."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import tasks
from tests.laws.draws import assert_close, assert_identical, normal
from tests.tasks.compiled import judge, sample

TASKS = (
    tasks.Adding(2),
    tasks.Adding(7),
    tasks.Copying(4, 3, 3),
    tasks.Echo(3, 20),
)
every_task = pytest.mark.parametrize("task", TASKS, ids=repr)
B = 5


def perfect(task, batch, certainty=100.0):
    """Returns outputs that say what is wanted."""
    if batch.targets.ndim == 3:
        return batch.targets
    return certainty * np.eye(task.output_dim, dtype=np.float32)[batch.targets]


def test_every_task_is_here():
    assert {type(task).__name__ for task in TASKS} == set(tasks.__all__)


@every_task
def test_batches_have_the_documented_shapes_and_dtypes(task):
    batch = sample(task, B)
    steps = task.length
    assert (batch.inputs.shape, batch.inputs.dtype) == ((steps, B, task.input_dim), jnp.float32)
    assert (batch.mask.shape, batch.mask.dtype) == ((steps, B), bool)
    if batch.targets.ndim == 2:
        assert (batch.targets.shape, batch.targets.dtype) == ((steps, B), jnp.int32)
        assert 0 <= batch.targets.min() <= batch.targets.max() < task.output_dim
    else:
        assert batch.targets.shape == (steps, B, task.output_dim)
        assert batch.targets.dtype == jnp.float32
    assert batch.mask.any(0).all()


@every_task
def test_a_key_decides_the_batch_compiled_or_not(task):
    first = sample(task, B)
    assert_identical(sample(task, B), first)
    assert_identical(task.sample(jax.random.key(0), B), first)
    other = sample(task, B, seed=1)
    assert any(not np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@every_task
def test_perfect_outputs_have_no_loss_and_full_accuracy(task):
    batch = sample(task, B)
    loss, _, accuracy = judge(task, perfect(task, batch), batch)
    assert 0 <= loss < 1e-6
    assert accuracy == 1
    if task.output_dim > 1:
        loss, _, accuracy = judge(task, -perfect(task, batch), batch)
        assert loss > 1
        assert accuracy == 0


@every_task
def test_only_what_the_mask_shows_counts(task):
    batch = sample(task, B)
    batch = batch._replace(mask=batch.mask & (np.arange(B) != 2))
    outputs = perfect(task, batch, certainty=3.0) + normal(3, (task.length, B, task.output_dim))
    hidden = np.where(batch.mask[..., None], outputs, np.float32(1e6))
    loss, gradient, accuracy = judge(task, outputs, batch)
    assert_close(judge(task, hidden, batch), (loss, gradient, accuracy), rtol=0, atol=0)
    assert (gradient[~batch.mask] == 0).all()
    assert np.abs(gradient[batch.mask]).min() > 0
    counted = [b for b in range(B) if b != 2]
    fewer = jax.tree.map(lambda x: x[:, counted], batch)
    assert loss == pytest.approx(judge(task, outputs[:, counted], fewer)[0], rel=1e-5)


@every_task
def test_nothing_to_judge_is_no_loss(task):
    batch = sample(task, B)
    batch = batch._replace(mask=np.zeros_like(batch.mask))
    outputs = np.ones((task.length, B, task.output_dim), np.float32)
    loss, _, accuracy = judge(task, outputs, batch)
    assert (loss, accuracy) == (0, 0)
