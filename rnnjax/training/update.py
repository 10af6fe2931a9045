"""Many updates in one compiled call."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from rnnjax.tasks.base import Batch
from rnnjax.training.objective import Objective
from rnnjax.training.sources import Order, Source
from rnnjax.training.state import Keys, TrainState
from rnnjax.typing import Array, Key, Params, State

AXIS = "batch"  # the mesh axis over which a batch is divided

# The carry has the batch first; all else is the same on every device.
STATE_SPEC: Any = TrainState(P(), P(), P(), carry=P(AXIS))  # pyright: ignore[reportArgumentType]

Metrics = dict[str, Array]
Advance = Callable[[TrainState, Source, Keys, int], tuple[TrainState, Metrics]]


def update(
    objective: Objective,
    optimizer: optax.GradientTransformation,
    state: TrainState,
    batch: Batch,
    key: Key,
) -> tuple[TrainState, Metrics]:
    """Makes one update, inside a `shard_map` over `AXIS`.

    Args:
        objective: what is minimised.
        optimizer: the rule.
        state: the state before; its carry is this device's part.
        batch: this device's part of the batch.
        key: for dropout.

    Returns:
        The state after, and this device's loss and metrics.
    """

    def loss(params: Params) -> tuple[Array, tuple[State, Array]]:
        carry, outputs = objective.apply(params, state.carry, batch, key)
        return objective.loss(outputs, batch), (carry, outputs)

    (value, (carry, outputs)), grads = jax.value_and_grad(loss, has_aux=True)(state.params)
    # The parts are of equal size, so the mean of their means is the batch's.
    grads = jax.lax.pmean(grads, AXIS)
    updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
    params = optax.apply_updates(state.params, updates)
    metrics = {"loss": value, **objective.metrics(outputs, batch)}
    return TrainState(state.step + 1, params, opt_state, carry), metrics


def own_rows(batch_size: int) -> Array:
    """Returns which rows of a batch are this device's, inside a `shard_map` over `AXIS`."""
    count = batch_size // jax.lax.axis_size(AXIS)
    return jax.lax.axis_index(AXIS) * count + jnp.arange(count)


def make_advance(
    objective: Objective, optimizer: optax.GradientTransformation, mesh: Mesh
) -> Advance:
    """Compiles `(state, source, keys, updates) -> (state, metrics)`.

    The batch is divided over the mesh and the gradients are averaged once an update. The number of
    updates is an argument, not a constant: one program serves any. Metrics are means over them.

    An epoch's order is made again from its key whenever it is needed, so a run that is stopped and
    resumed sees the same batches.
    """

    def advance(
        state: TrainState, source: Source, keys: Keys, updates: Array
    ) -> tuple[TrainState, Metrics]:
        rows = own_rows(source.batch_size)
        per_epoch = source.updates_per_epoch

        def order_of(step: Array) -> Order:
            return source.shuffled(jax.random.fold_in(keys.data, step // per_epoch))

        def body(_: Array, loop: tuple) -> tuple:
            state, order, totals = loop
            index = state.step % per_epoch
            order = jax.lax.cond(index == 0, lambda: order_of(state.step), lambda: order)
            batch = source.batch(order, index, rows)
            begin = objective.initial_carry(state.params, batch)
            carry = jax.tree.map(lambda a, b: jnp.where(index == 0, a, b), begin, state.carry)
            key = jax.random.fold_in(keys.noise, state.step)
            key = jax.random.fold_in(key, jax.lax.axis_index(AXIS))
            state, metrics = update(objective, optimizer, state._replace(carry=carry), batch, key)
            return state, order, jax.tree.map(jnp.add, totals, metrics)

        order = order_of(state.step)
        batch = source.batch(order, state.step, rows)
        shapes = jax.eval_shape(lambda: update(objective, optimizer, state, batch, keys.noise)[1])
        totals = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)
        state, _, totals = jax.lax.fori_loop(0, updates, body, (state, order, totals))
        metrics = jax.tree.map(lambda total: total / updates, totals)
        return state, jax.lax.pmean(metrics, AXIS)

    return jax.jit(
        jax.shard_map(
            advance,
            mesh=mesh,
            in_specs=(STATE_SPEC, P(), P(), P()),
            out_specs=(STATE_SPEC, P()),
            # Checked, each use of a parameter in the time loop would bring its own collective.
            check_vma=False,
        )
    )
