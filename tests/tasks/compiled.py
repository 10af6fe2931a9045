"""A task's functions, compiled whole, on NumPy arrays."""

import functools

import jax
import numpy as np

from rnnjax.tasks import Batch, Task


@functools.partial(jax.jit, static_argnums=2)
def _sample(task: Task, key: jax.Array, batch_size: int) -> Batch:
    return task.sample(key, batch_size)


def sample(task: Task, batch_size: int, seed: int = 0) -> Batch:
    """Draws a batch."""
    return jax.tree.map(np.asarray, _sample(task, jax.random.key(seed), batch_size))


@jax.jit
def _judge(task: Task, outputs: np.ndarray, batch: Batch) -> tuple:
    loss, gradient = jax.value_and_grad(task.loss)(outputs, batch)
    return loss, gradient, task.metrics(outputs, batch)["accuracy"]


def judge(task: Task, outputs: np.ndarray, batch: Batch) -> tuple:
    """Returns the loss, its gradient and the accuracy."""
    return jax.tree.map(np.asarray, _judge(task, outputs, batch))
