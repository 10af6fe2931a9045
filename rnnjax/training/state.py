"""What a run is at one moment."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from rnnjax.tasks.base import Batch
from rnnjax.training.objective import Objective
from rnnjax.training.sources import Source
from rnnjax.typing import Array, Key, Params, State


class TrainState(NamedTuple):
    """Everything that changes in training, and so all that a checkpoint holds."""

    step: Array  # int32, updates made
    params: Params
    opt_state: optax.OptState
    carry: State  # what goes from batch to batch, see `Objective`; leaves `[B, ...]`


class Chance(NamedTuple):
    """What is left to chance in a run, in arrays: runs that differ in it share one program.

    Attributes:
        init: the key of the first parameters.
        data: the key of the batches, folded with the epoch.
        noise: the key of dropout, folded with the step.
        dropout: how often a feature between layers is dropped; None for as the model says.
        init_scale: factor on the first weight matrices; None for 1.
    """

    init: Key
    data: Key
    noise: Key
    dropout: Array | None = None
    init_scale: Array | None = None

    @classmethod
    def from_seed(
        cls, seed: int, *, dropout: float | None = None, init_scale: float | None = None
    ) -> "Chance":
        """Makes the keys of a run from its seed."""
        numbers = (None if x is None else jnp.array(x, float) for x in (dropout, init_scale))
        return cls(*jax.random.split(jax.random.key(seed), 3), *numbers)


def first_batch(source: Source, key: Key) -> Batch:
    """Returns one batch of training, for its shapes."""
    return source.batch(source.shuffled(key), jnp.array(0), jnp.arange(source.batch_size))


def initial_state(
    objective: Objective, optimizer: optax.GradientTransformation, source: Source, chance: Chance
) -> TrainState:
    """Returns the state before the first update."""

    @jax.jit
    def make(source: Source, chance: Chance) -> TrainState:
        batch = first_batch(source, chance.data)
        params = scaled(objective.init(chance.init, batch), chance.init_scale)
        return TrainState(
            step=jnp.zeros((), jnp.int32),
            params=params,
            opt_state=optimizer.init(params),
            carry=objective.initial_carry(params, batch),
        )

    return make(source, chance)


def scaled(params: Params, scale: Array | None) -> Params:
    """Multiplies the weight matrices, not the vectors, by `scale` if there is one."""
    if scale is None:
        return params
    return jax.tree.map(lambda leaf: leaf * scale if leaf.ndim > 1 else leaf, params)


def parameter_count(params: Params) -> int:
    """Returns how many numbers the parameters are."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
