"""Many updates in one compiled call."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from rnnjax.tasks.base import Batch
from rnnjax.training.objective import Noise, Objective
from rnnjax.training.sources import Order, Source
from rnnjax.training.state import Chance, TrainState
from rnnjax.typing import Array, Params, State

AXIS = "batch"  # the mesh axis over which a batch is divided

# The carry has the batch first; all else is the same on every device.
STATE_SPEC: Any = TrainState(P(), P(), P(), carry=P(AXIS))  # pyright: ignore[reportArgumentType]

Metrics = dict[str, Array]
Advance = Callable[[TrainState, Source, Chance, int], tuple[TrainState, Metrics]]


def update(
    objective: Objective,
    optimizer: optax.GradientTransformation,
    state: TrainState,
    batch: Batch,
    begins: Array,
    noise: Noise,
) -> tuple[TrainState, Metrics]:
    """Makes one update, inside a `shard_map` over `AXIS`.

    Args:
        objective: what is minimised.
        optimizer: the rule.
        state: the state before; its carry is this device's part.
        batch: this device's part of the batch.
        begins: whether an epoch begins, and the carry with it.
        noise: for dropout.

    Returns:
        The state after, and this device's loss and metrics.
    """

    def loss(params: Params) -> tuple[Array, tuple[State, Array]]:
        begin = objective.initial_carry(params, batch)  # in here: it may be learned
        carry = jax.tree.map(functools.partial(jnp.where, begins), begin, state.carry)
        carry, outputs = objective.apply(params, carry, batch, noise)
        return objective.loss(outputs, batch), (carry, outputs)

    (value, (carry, outputs)), grads = jax.value_and_grad(loss, has_aux=True)(state.params)
    # A part weighs what its mask counts. One message an update, not one a matrix: to wait for the
    # other devices costs more than to send.
    weight = batch.mask.sum().astype(float)
    vector, restore = ravel_pytree(grads)
    message = jax.lax.pmean(weight * jnp.append(vector, 1.0), AXIS)
    mean_weight = jnp.maximum(message[-1], 1 / batch.mask.size)
    grads = restore((message[:-1] / mean_weight).astype(vector.dtype))
    share = weight / mean_weight
    updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
    params = optax.apply_updates(state.params, updates)
    metrics = {"loss": value, **objective.metrics(outputs, batch)}
    metrics = {name: share * value for name, value in metrics.items()}
    return TrainState(state.step + 1, params, opt_state, carry), metrics


def own_rows(batch_size: int) -> Array:
    """Returns which rows of a batch are this device's, inside a `shard_map` over `AXIS`."""
    count = batch_size // jax.lax.axis_size(AXIS)
    return jax.lax.axis_index(AXIS) * count + jnp.arange(count)


def advance(
    objective: Objective,
    optimizer: optax.GradientTransformation,
    state: TrainState,
    source: Source,
    chance: Chance,
    updates: Array,
) -> tuple[TrainState, Metrics]:
    """Makes several updates, inside a `shard_map` over `AXIS`.

    An epoch's order is made again from its key whenever it is needed, so a run that is stopped and
    resumed sees the same batches.

    Returns:
        The state after, and the means of the metrics over the updates.
    """
    rows = own_rows(source.batch_size)
    per_epoch = source.updates_per_epoch

    def order_of(step: Array) -> Order:
        return source.shuffled(jax.random.fold_in(chance.data, step // per_epoch))

    def body(_: Array, loop: tuple) -> tuple:
        state, order, totals = loop
        index = state.step % per_epoch
        order = jax.lax.cond(index == 0, lambda: order_of(state.step), lambda: order)
        batch = source.batch(order, index, rows)
        key = jax.random.fold_in(chance.noise, state.step)
        noise = Noise(jax.random.fold_in(key, jax.lax.axis_index(AXIS)), chance.dropout)
        state, metrics = update(objective, optimizer, state, batch, index == 0, noise)
        if totals is not None:
            metrics = jax.tree.map(jnp.add, totals, metrics)
        return state, order, metrics

    order = order_of(state.step)
    shapes = jax.eval_shape(lambda: body(state.step, (state, order, None))[2])
    totals = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)
    state, _, totals = jax.lax.fori_loop(0, updates, body, (state, order, totals))
    metrics = jax.tree.map(lambda total: total / updates, totals)
    return state, jax.lax.pmean(metrics, AXIS)


def make_advance(
    objective: Objective, optimizer: optax.GradientTransformation, mesh: Mesh
) -> Advance:
    """Compiles `(state, source, chance, updates) -> (state, metrics)`.

    The batch is divided over the mesh and the gradients are averaged once an update. The number of
    updates is an argument, not a constant: one program serves any. See `advance`.
    """
    return jax.jit(
        jax.shard_map(
            functools.partial(advance, objective, optimizer),
            mesh=mesh,
            in_specs=(STATE_SPEC, P(), P(), P()),
            out_specs=(STATE_SPEC, P()),
            # Checked, each use of a parameter in the time loop would bring its own collective.
            check_vma=False,
            axis_names={AXIS},  # a mesh over time as well leaves that axis to the engine
        )
    )
