"""Loss and metrics on what training does not see."""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from rnnjax.training.objective import Objective
from rnnjax.training.sources import Source
from rnnjax.training.update import AXIS, Metrics, own_rows
from rnnjax.typing import Array, Params, State

Evaluate = Callable[[Params, Source], Metrics]


def evaluate(objective: Objective, params: Params, source: Source) -> Metrics:
    """Returns means over everything that a source holds, inside a `shard_map` over `AXIS`.

    Each batch weighs what its mask counts, so a short last batch does not weigh too much. A carry
    begins afresh and goes from batch to batch.
    """
    rows = own_rows(source.batch_size)
    order = source.ordered()

    def body(carry: State, index: Array) -> tuple[State, tuple[Array, Metrics]]:
        batch = source.batch(order, index, rows)
        carry, outputs = objective.apply(params, carry, batch, None)
        metrics = {"loss": objective.loss(outputs, batch), **objective.metrics(outputs, batch)}
        return carry, (batch.mask.sum(), metrics)

    carry = objective.initial_carry(params, source.batch(order, jnp.array(0), rows))
    _, (weights, metrics) = jax.lax.scan(body, carry, jnp.arange(source.batches))
    total = jnp.maximum(jax.lax.psum(weights.sum(), AXIS), 1)

    def mean(values: Array) -> Array:
        return jax.lax.psum((weights * values).sum(), AXIS) / total

    return jax.tree.map(mean, metrics)


def make_evaluate(objective: Objective, mesh: Mesh) -> Evaluate:
    """Compiles `(params, source) -> metrics`; see `evaluate`."""
    compute = functools.partial(evaluate, objective)
    return jax.jit(
        jax.shard_map(
            compute,
            mesh=mesh,
            in_specs=(P(), P()),
            out_specs=P(),
            check_vma=False,
            axis_names={AXIS},
        )
    )
