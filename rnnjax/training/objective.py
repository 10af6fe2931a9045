"""What is trained: a network, and how its answers are judged."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import flax.linen as nn
import jax.numpy as jnp

from rnnjax.models import MLP
from rnnjax.tasks.base import Batch, accuracy, cross_entropy
from rnnjax.typing import Array, Key, Params, State, Static


class Noise(NamedTuple):
    """What drops features in one update of training."""

    key: Key
    rate: Array | None = None  # None for the model's own


class Objective(NamedTuple):
    """Pure functions that `fit` and `evaluate` put together.

    `carry` is what goes from one batch to the next beside the parameters: the states of a network
    that is trained by truncated backpropagation, else `()`. Its leaves are `[B, ...]`. Without
    noise nothing is dropped.
    """

    init: Callable[[Key, Batch], Params]
    initial_carry: Callable[[Params, Batch], State]
    apply: Callable[[Params, State, Batch, Noise | None], tuple[State, Array]]
    loss: Callable[[Array, Batch], Array]
    metrics: Callable[[Array, Batch], dict[str, Array]]


class Judge(Protocol):
    """What judges outputs: a `Task`, or `Classification`."""

    def loss(self, outputs: Array, batch: Batch) -> Array:
        """Returns the mean loss, a scalar."""
        ...

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """Returns what else is worth reporting, scalars by name."""
        ...


class Classification(Static):
    """One class a sequence: outputs `[B, K]`, targets and mask `[B]`."""

    def loss(self, outputs: Array, batch: Batch) -> Array:
        """Mean cross-entropy, in nats."""
        return cross_entropy(outputs, batch.targets, batch.mask)

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The share of sequences whose class is found."""
        return {"accuracy": accuracy(outputs, batch.targets, batch.mask)}


def _no_carry(params: Params, batch: Batch) -> tuple[()]:
    del params, batch
    return ()


def _init_sequence(model: nn.Module) -> Callable[[Key, Batch], Params]:
    # One step tells all the shapes.
    return lambda key, batch: model.init(key, batch.inputs[:1])["params"]


def _apply_sequence(
    model: nn.Module, params: Params, states: State | None, batch: Batch, noise: Noise | None
) -> tuple[State, Array]:
    if noise is not None and noise.rate is not None:
        model = model.clone(dropout=noise.rate)
    rngs = None if noise is None else {"dropout": noise.key}
    return model.apply(  # pyright: ignore[reportReturnType]
        {"params": params}, batch.inputs, states, train=noise is not None, rngs=rngs
    )


def on_sequences(model: nn.Module, judge: Judge) -> Objective:
    """Trains a `SequenceModel` on whole sequences: backpropagation through time."""

    def apply(
        params: Params, carry: State, batch: Batch, noise: Noise | None
    ) -> tuple[State, Array]:
        _, outputs = _apply_sequence(model, params, None, batch, noise)
        return carry, outputs

    return Objective(_init_sequence(model), _no_carry, apply, judge.loss, judge.metrics)


def on_windows(model: nn.Module, judge: Judge) -> Objective:
    """Trains a `SequenceModel` on windows of long sequences: truncated backpropagation.

    Each window starts from the states in which the last one ended; no gradient goes from one to
    the next, since each is a batch of its own.
    """

    def initial_carry(params: Params, batch: Batch) -> State:
        # No steps leave the states where they begin.
        nothing = batch._replace(inputs=batch.inputs[:0])
        return _apply_sequence(model, params, None, nothing, None)[0]

    def apply(
        params: Params, carry: State, batch: Batch, noise: Noise | None
    ) -> tuple[State, Array]:
        return _apply_sequence(model, params, carry, batch, noise)

    return Objective(_init_sequence(model), initial_carry, apply, judge.loss, judge.metrics)


def on_flattened(model: MLP, judge: Judge) -> Objective:
    """Trains a feed-forward network on sequences that it sees at once, as `[B, T * D]`."""

    def flat(batch: Batch) -> Array:
        inputs = jnp.swapaxes(batch.inputs, 0, 1)
        return inputs.reshape(inputs.shape[0], -1)

    def init(key: Key, batch: Batch) -> Params:
        return model.init(key, flat(batch)[:1])["params"]

    def apply(
        params: Params, carry: State, batch: Batch, noise: Noise | None
    ) -> tuple[State, Array]:
        del noise
        return carry, model.apply({"params": params}, flat(batch))  # pyright: ignore[reportReturnType]

    return Objective(init, _no_carry, apply, judge.loss, judge.metrics)
