"""Loss and metrics on what training does not see."""

import jax
import jax.numpy as jnp

from rnnjax.batch import without_missing
from rnnjax.tasks.sources import Source
from rnnjax.training.objective import Objective
from rnnjax.training.update import AXIS, Metrics
from rnnjax.typing import Array, Params, State


def evaluate(objective: Objective, params: Params, source: Source) -> tuple[Metrics, Array]:
    """Returns means over everything that a source holds, inside a `shard_map` over `AXIS`.

    Each batch weighs what its mask counts, so a short last batch does not weigh too much. A carry
    begins afresh and goes from batch to batch. The devices share a batch of any size: what is left
    over is masked.

    Returns:
        The means, and over how many targets they are.
    """
    order, each = source.ordered(), -(-source.batch_size // jax.lax.axis_size(AXIS))
    own = jax.lax.axis_index(AXIS) * each + jnp.arange(each)
    rows = jnp.minimum(own, source.batch_size - 1)

    def body(carry: State, index: Array) -> tuple[State, tuple[Array, Metrics]]:
        batch = source.batch(order, index, rows)
        there = jnp.broadcast_to(own < source.batch_size, batch.mask.shape)
        batch = without_missing(batch._replace(mask=batch.mask & there))
        carry, outputs = objective.apply(params, carry, batch, None)
        metrics = {"loss": objective.loss(outputs, batch), **objective.metrics(outputs, batch)}
        return carry, (batch.mask.sum(), metrics)

    carry = objective.initial_carry(params, source.batch(order, jnp.array(0), rows))
    _, (weights, metrics) = jax.lax.scan(body, carry, jnp.arange(source.batches))
    count = jax.lax.psum(weights.sum(), AXIS)
    total = jnp.maximum(count, 1)

    def mean(values: Array) -> Array:
        return jax.lax.psum((weights * values).sum(), AXIS) / total

    return jax.tree.map(mean, metrics), count
