"""What is minimised: a network on a task."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.base import Task
from rnnjax.typing import Array, Key, Params, State, Static

Loss = Callable[[Array, Batch], Array]  # (outputs, batch) -> mean loss, a scalar


class Noise(NamedTuple):
    """What is left to chance in one update of training.

    Attributes:
        key: of all that is drawn.
        dropout: how often a feature between layers is dropped; None for the network's own.
    """

    key: Key
    dropout: Array | float | None


class Objective(Static):
    """Pure functions of a network on a task, which training and evaluation put together.

    This one is for any Flax module that maps `inputs` to `outputs` and has no recurrent state to
    carry on: it is called as `module(inputs)`, and given by their names those of `mask`, `reset`
    and `train` that its `__call__` names, as `models.Outputs` does. They are the batch's `steps`
    and `reset`, None where it has none, and whether it is trained; then it has a key of the
    collection "dropout" as well. An own Objective overrides what differs. Without noise nothing is
    dropped.

    Attributes:
        model: the network.
        task: what judges its outputs.
        own_loss: `(outputs, batch) -> scalar`, instead of the task's.

    Example:
        >>> from rnnjax import cells, models, tasks
        >>> net = nn.Sequential([models.Outputs(models.Recurrent(cells.GRU(4))), nn.Dense(1)])
        >>> Objective(net, tasks.Adding(10)).task
        Adding(length=10)
    """

    model: nn.Module
    task: Task
    own_loss: Loss | None = None

    @property
    def drops(self) -> bool:
        """Whether `Noise.dropout` has an effect; an own Objective that uses it says so."""
        return False

    def init(self, key: Key, batch: Batch) -> Params:
        """Draws the first parameters for batches such as `batch`.

        Raises:
            ValueError: if the network keeps anything else, such as running means.
        """
        inputs, steps, reset = jax.tree.map(
            lambda x: x[:, :1], (batch.inputs, batch.steps, batch.reset)
        )
        return only_params(self.model.init(key, inputs, **self._named(steps, reset, train=False)))

    def initial_carry(self, params: Params, batch: Batch) -> State:
        """Returns what goes from one batch to the next, leaves `[B, ...]`, before the first."""
        del params, batch
        return ()

    def apply(
        self, params: Params, carry: State, batch: Batch, noise: Noise | None
    ) -> tuple[State, Array]:
        """Runs the network on a batch; returns the carry after it and the outputs.

        Raises:
            TypeError: if these are no array.
        """
        rngs = None if noise is None else {"dropout": noise.key}
        named = self._named(batch.steps, batch.reset, train=noise is not None)
        outputs = self.model.apply({"params": params}, batch.inputs, rngs=rngs, **named)
        if not isinstance(outputs, jax.Array):
            raise TypeError(
                f"a network returns an array, as models.Outputs does of a layer that returns its "
                f"state as well; got a {type(outputs).__name__}"
            )
        return carry, outputs

    def _named(self, steps: Array | None, reset: Array | None, *, train: bool) -> dict[str, Any]:
        """Returns what the module asks for by name."""
        asked = inspect.signature(type(self.model).__call__).parameters
        given = {"mask": steps, "reset": reset, "train": train}
        return {name: value for name, value in given.items() if name in asked}

    def predict(self, params: Params, inputs: Array, steps: Array | None) -> Array:
        """Returns what the network answers to `inputs [T, B, ...]`: see `Trained.predict`."""
        count = inputs.shape[1]
        batch = Batch(inputs, jnp.zeros(count), jnp.zeros(count, bool), steps)
        carry = self.initial_carry(params, batch)
        return self.apply(params, carry, batch, None)[1]

    def loss(self, outputs: Array, batch: Batch) -> Array:
        """Returns the mean loss, a scalar.

        Raises:
            ValueError: if it is the task's, and outputs have not the size that the task wants.
        """
        if self.own_loss is not None:
            return self.own_loss(outputs, batch)
        wanted = self.task.output_dim
        if outputs.shape[-1:] != (wanted,):
            raise ValueError(f"outputs are {outputs.shape}, and {self.task} wants (..., {wanted})")
        return self.task.loss(outputs, batch)

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """Returns what else is worth reporting, scalars by name."""
        return self.task.metrics(outputs, batch)


class OnSequences(Objective):
    """A `SequenceModel` on whole sequences: backpropagation through time.

    Where the task `carries` they are windows of long sequences, and it is truncated: each window
    starts from the states in which the last one ended; no gradient goes from one to the next, since
    each is a batch of its own.
    """

    @property
    def drops(self) -> bool:
        """Whether there are layers to drop features between."""
        return len(self.model.layers) > 1

    def init(self, key: Key, batch: Batch) -> Params:
        """Draws the first parameters; one step tells all the shapes.

        Raises:
            ValueError: if inputs are to be embedded, and the network has nothing that does.
        """
        if batch.inputs.ndim == 2 and self.model.encoder is None:
            raise ValueError(
                f"inputs are whole numbers {batch.inputs.shape}: give a SequenceModel an encoder, "
                "such as flax.linen.Embed, or inputs [N, T, D]"
            )
        return only_params(self.model.init(key, batch.inputs[:1]))

    def initial_carry(self, params: Params, batch: Batch) -> State:
        """Returns the initial states if there are windows: no steps leave them as they are."""
        if not self.task.carries:
            return ()
        nothing = Batch(batch.inputs[:0], batch.targets, batch.mask)
        return self._run(params, None, nothing, None)[0]

    def apply(
        self, params: Params, carry: State, batch: Batch, noise: Noise | None
    ) -> tuple[State, Any]:
        """Runs the network, from the states of the window before or its initial ones."""
        carries = self.task.carries
        states, outputs = self._run(params, carry if carries else None, batch, noise)
        return states if carries else carry, outputs

    def _run(
        self,
        params: Params,
        states: State | None,
        batch: Batch,
        noise: Noise | None,
        **settings: Any,  # of Flax's `apply`
    ) -> Any:
        model, rngs = self.model, None
        if noise is not None:
            rngs = {"dropout": noise.key}
            if noise.dropout is not None:
                model = model.clone(dropout=noise.dropout)
        return model.apply(
            {"params": params},
            batch.inputs,
            states,
            mask=batch.steps,
            reset=batch.reset,
            train=noise is not None,
            rngs=rngs,
            **settings,
        )


class OnFlattened(Objective):
    """A feed-forward network on sequences that it sees at once, as `[B, T * D]`."""

    def init(self, key: Key, batch: Batch) -> Params:
        """Draws the first parameters."""
        return only_params(self.model.init(key, _flat(batch)[:1]))

    def apply(
        self, params: Params, carry: State, batch: Batch, noise: Noise | None
    ) -> tuple[State, Array]:
        """Runs the network."""
        del noise
        return carry, self.model.apply({"params": params}, _flat(batch))  # pyright: ignore[reportReturnType]


def only_params(variables: Mapping[str, Any]) -> Params:
    """Returns the parameters of what a module has drawn; refuses what no update would change."""
    if others := ", ".join(sorted(set(variables) - {"params"})):
        raise ValueError(f"a network is trained that has parameters alone; this one has {others}")
    if "params" not in variables:
        raise ValueError("the network has no parameters, so there is nothing to train")
    return variables["params"]


def _flat(batch: Batch) -> Array:
    inputs = jnp.swapaxes(batch.inputs, 0, 1)
    return inputs.reshape(inputs.shape[0], -1)
