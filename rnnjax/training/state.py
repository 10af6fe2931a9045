"""What a run is at one moment."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from rnnjax.batch import Batch
from rnnjax.tasks.sources import Source
from rnnjax.training.hyperparameters import Hyperparameters
from rnnjax.training.objective import Objective
from rnnjax.typing import Array, Key, Params, State


class TrainState(NamedTuple):
    """What updates change."""

    step: Array  # int32, updates made
    params: Params
    opt_state: optax.OptState
    carry: State  # what goes from batch to batch, see `Objective`; leaves `[B, ...]`
    average: Params  # of parameters over updates, None where none is kept

    @property
    def judged(self) -> Params:
        """The parameters that evaluation sees."""
        return self.params if self.average is None else self.average


class Keys(NamedTuple):
    """The keys of all that is left to chance in a run."""

    init: Key  # the first parameters
    data: Key  # the batches, folded with the epoch
    noise: Key  # dropout and the noise of cells, folded with the step


def keys_of(seed: Array | int) -> Keys:
    """Returns the keys of a run."""
    return Keys(*jax.random.split(jax.random.key(seed), 3))


def first_batch(source: Source, key: Key) -> Batch:
    """Returns one batch of training, for its shapes."""
    return source.batch(source.shuffled(key), jnp.array(0), jnp.arange(source.batch_size))


def initial_state(
    objective: Objective,
    optimizer: optax.GradientTransformation,
    source: Source,
    numbers: Hyperparameters,
    *,
    averaged: bool = False,
) -> TrainState:
    """Returns the state before the first update; `averaged` says whether an average is kept."""
    keys = keys_of(numbers.seed)
    batch = first_batch(source, keys.data)
    params = scaled(objective.init(keys.init, batch), numbers.init_scale)
    return TrainState(
        step=jnp.zeros((), jnp.int32),
        params=params,
        opt_state=optimizer.init(params),
        carry=objective.initial_carry(params, batch),
        average=params if averaged else None,
    )


def scaled(params: Params, scale: Array | float) -> Params:
    """Multiplies the weight matrices, not the vectors, by `scale`."""
    return jax.tree.map(
        lambda leaf: (leaf * scale).astype(leaf.dtype) if leaf.ndim > 1 else leaf, params
    )


def parameter_count(params: Params) -> int:
    """Returns how many numbers the parameters are."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
