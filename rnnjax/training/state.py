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


class Keys(NamedTuple):
    """The independent sources of chance in a run; each is folded with the step or the epoch."""

    init: Key
    data: Key
    noise: Key

    @classmethod
    def from_seed(cls, seed: int) -> "Keys":
        """Makes the keys of a run."""
        return cls(*jax.random.split(jax.random.key(seed), 3))


def first_batch(source: Source, key: Key) -> Batch:
    """Returns one batch of training, for its shapes."""
    return source.batch(source.shuffled(key), jnp.array(0), jnp.arange(source.batch_size))


def initial_state(
    objective: Objective, optimizer: optax.GradientTransformation, source: Source, keys: Keys
) -> TrainState:
    """Returns the state before the first update."""

    @jax.jit
    def make(source: Source, keys: Keys) -> TrainState:
        batch = first_batch(source, keys.data)
        params = objective.init(keys.init, batch)
        return TrainState(
            step=jnp.zeros((), jnp.int32),
            params=params,
            opt_state=optimizer.init(params),
            carry=objective.initial_carry(params, batch),
        )

    return make(source, keys)


def parameter_count(params: Params) -> int:
    """Returns how many numbers the parameters are."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
