"""A task's functions, compiled whole, on NumPy arrays."""

import functools

import jax
import numpy as np

from rnnjax.batch import Batch
from rnnjax.tasks import GeneratedTask, Task
from rnnjax.tasks.sources import Source


@functools.partial(jax.jit, static_argnums=(0, 2))
def _sample(task: GeneratedTask, key: jax.Array, batch_size: int) -> Batch:
    return task.sample(key, batch_size)


def sample(task: GeneratedTask, batch_size: int, seed: int = 0) -> Batch:
    """Draws a batch."""
    return jax.tree.map(np.asarray, _sample(task, jax.random.key(seed), batch_size))


@functools.partial(jax.jit, static_argnums=0)
def _judge(task: Task, outputs: np.ndarray, batch: Batch) -> tuple:
    loss, gradient = jax.value_and_grad(task.loss)(outputs, batch)
    return loss, gradient, task.metrics(outputs, batch).get("accuracy")


def judge(task: Task, outputs: np.ndarray, batch: Batch) -> tuple:
    """Returns the loss, its gradient and the accuracy, None where the task has none."""
    return jax.tree.map(np.asarray, _judge(task, outputs, batch))


@jax.jit
def _trained_on(source: Source, key: jax.Array, index: int, rows: np.ndarray) -> Batch:
    return source.batch(source.shuffled(key), index, rows)


def trained_on(
    source: Source, index: int = 0, epoch: int = 0, rows: np.ndarray | None = None
) -> Batch:
    """Returns a batch of training, or some rows of it, as a device has them."""
    rows = np.arange(source.batch_size) if rows is None else rows
    return jax.tree.map(np.asarray, _trained_on(source, jax.random.key(epoch), index, rows))


@jax.jit
def _held_out(source: Source, index: int) -> Batch:
    return source.batch(source.ordered(), index, np.arange(source.batch_size))


def held_out(source: Source, index: int = 0) -> Batch:
    """Returns a batch of an evaluation."""
    return jax.tree.map(np.asarray, _held_out(source, index))
