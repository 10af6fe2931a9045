"""Many updates of one member in one compiled call."""

import functools
from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree

from rnnjax.batch import Batch, without_missing
from rnnjax.tasks.sources import Order, Source
from rnnjax.training.hyperparameters import Hyperparameters
from rnnjax.training.objective import Noise, Objective
from rnnjax.training.optimizer import clip
from rnnjax.training.state import TrainState, keys_of
from rnnjax.typing import Array, Params, State

AXIS = "batch"  # the mesh axis over which a batch is divided

Metrics = dict[str, Array]


@runtime_checkable
class Rule(Protocol):
    """What makes an optimizer of the numbers of a member; see `Optimizer`."""

    def build(self, hyperparameters: Hyperparameters, steps: int) -> optax.GradientTransformation:
        """Returns the optimizer of a run of `steps` updates."""
        ...

    def rate(self, hyperparameters: Hyperparameters, count: Array, steps: int) -> Array | None:
        """Returns the learning rate after `count` updates, None where nobody knows it."""
        ...


class Learning(NamedTuple):
    """How parameters are changed, but for the numbers in which members differ.

    Attributes:
        objective: what is minimised.
        rule: makes the optimizer.
        steps: updates in all.
        ema: how much of an average of the parameters stays at each update; None for no average.
    """

    objective: Objective
    rule: Rule
    steps: int
    ema: float | None = None


def update(
    learning: Learning,
    numbers: Hyperparameters,
    state: TrainState,
    batch: Batch,
    begins: Array,
    noise: Noise,
) -> tuple[TrainState, Metrics]:
    """Makes one update, inside a `shard_map` over `AXIS`.

    Args:
        learning: what is minimised, and how.
        numbers: of this member.
        state: the state before; its carry is this device's part.
        batch: this device's part of the batch.
        begins: whether an epoch begins, and the carry with it.
        noise: for dropout.

    Returns:
        The state after, and this device's loss and metrics.
    """
    objective = learning.objective
    batch = without_missing(batch)

    def loss(params: Params) -> tuple[Array, tuple[State, Array]]:
        begin = objective.initial_carry(params, batch)  # in here: it may be learned
        carry = jax.tree.map(functools.partial(jnp.where, begins), begin, state.carry)
        carry, outputs = objective.apply(params, carry, batch, noise)
        return objective.loss(outputs, batch), (carry, outputs)

    (value, (carry, outputs)), grads = jax.value_and_grad(loss, has_aux=True)(state.params)
    # A part weighs what its mask counts. One message an update, not one a matrix: to wait for the
    # other devices costs more than to send.
    weight = batch.mask.sum().astype(float)
    vector, restore = end_to_end((grads, jnp.ones(())))
    message = jax.lax.pmean(weight * vector, AXIS)
    mean_weight = jnp.maximum(message[-1], 1 / batch.mask.size)
    grads, _ = restore((message / mean_weight).astype(vector.dtype))
    share = weight / mean_weight
    norm = optax.tree.norm(grads)
    optimizer = learning.rule.build(numbers, learning.steps)
    clipped = clip(grads, norm, numbers.clip_norm)
    updates, opt_state = optimizer.update(clipped, state.opt_state, state.params)
    params = optax.apply_updates(state.params, updates)
    metrics = {"loss": value, **objective.metrics(outputs, batch)}
    metrics = {name: share * value for name, value in metrics.items()} | {"grad_norm": norm}
    average = averaged(learning.ema, state, params)
    return TrainState(state.step + 1, params, opt_state, carry, average), metrics


def end_to_end(tree: Params) -> tuple[Array, Callable[[Array], Params]]:
    """Returns all numbers of a pytree as one vector, and what makes a pytree of such a vector.

    `ravel_pytree` concatenates them, into which XLA fuses small sums, such as the gradient of a
    readout's bias; it then makes the sum for each number of the whole (AMD EPYC, 2 million numbers:
    up to 340 ms instead of 2). Here each part is written where it belongs.
    """
    concatenated, restore = ravel_pytree(tree)
    vector, start = jnp.zeros_like(concatenated), 0
    for leaf in jax.tree.leaves(tree):
        part = leaf.ravel().astype(vector.dtype)
        vector = jax.lax.dynamic_update_slice_in_dim(vector, part, start, 0)
        start += leaf.size
    return vector, restore


def averaged(ema: float | None, state: TrainState, params: Params) -> Params:
    """Returns the moving average of the parameters after an update.

    Early averages are shorter, so that the first parameters are soon forgotten: of the average
    before, `min(ema, (1 + t) / (10 + t))` stays after t updates.
    """
    if ema is None:
        return None
    t = state.step.astype(float)
    stays = jnp.minimum(ema, (1 + t) / (10 + t))
    return jax.tree.map(
        lambda a, p: (stays * a + (1 - stays) * p).astype(p.dtype), state.average, params
    )


def own_rows(batch_size: int) -> Array:
    """Returns which rows of a batch are this device's, inside a `shard_map` over `AXIS`."""
    count = batch_size // jax.lax.axis_size(AXIS)
    return jax.lax.axis_index(AXIS) * count + jnp.arange(count)


def advance(
    learning: Learning,
    numbers: Hyperparameters,
    state: TrainState,
    source: Source,
    updates: Array,
) -> tuple[TrainState, Metrics]:
    """Makes several updates, inside a `shard_map` over `AXIS`.

    An epoch's order is made again from its key whenever it is needed, so a run that is stopped and
    resumed sees the same batches.

    Returns:
        The state after, and the means of the metrics over the updates; of the learning rate, where
        it is known, the last one.
    """
    rows, keys = own_rows(source.batch_size), keys_of(numbers.seed)
    per_epoch = source.updates_per_epoch

    def order_of(step: Array) -> Order:
        return source.shuffled(jax.random.fold_in(keys.data, step // per_epoch))

    @jax.jit  # so that it is traced once for the shapes and for the loop
    def body(_: Array, loop: tuple) -> tuple:
        state, order, totals = loop
        index = state.step % per_epoch
        order = jax.lax.cond(index == 0, lambda: order_of(state.step), lambda: order)
        batch = source.batch(order, index, rows)
        key = jax.random.fold_in(keys.noise, state.step)
        noise = Noise(jax.random.fold_in(key, jax.lax.axis_index(AXIS)), numbers.dropout)
        state, metrics = update(learning, numbers, state, batch, index == 0, noise)
        if totals is not None:
            metrics = jax.tree.map(jnp.add, totals, metrics)
        return state, order, metrics

    order = order_of(state.step)
    shapes = jax.eval_shape(lambda: body(state.step, (state, order, None))[2])
    totals = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)
    state, _, totals = jax.lax.fori_loop(0, updates, body, (state, order, totals))
    metrics = jax.tree.map(lambda total: total / updates, totals)
    metrics = jax.lax.pmean(metrics, AXIS)
    rate = learning.rule.rate(numbers, state.step - 1, learning.steps)
    return state, metrics if rate is None else metrics | {"learning_rate": rate}
