"""Networks on pairs of sequences: a source is read, a target is written."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax import models
from rnnjax.axes import grown
from rnnjax.batch import Batch, masked_mean
from rnnjax.tasks.pairs.pairtask import END, PairTask
from rnnjax.training.objective import Noise, Objective, only_params
from rnnjax.typing import Array, Params, State


class Written(NamedTuple):
    """What a network makes of a batch of pairs.

    Attributes:
        logits: `[T, B, K]`; of a decoder with the true symbol before each (teacher forcing).
        symbols: what it writes by itself, `[T, B]`; None in training, where it is not needed.
    """

    logits: Array
    symbols: Array | None


class _OnPairs(Objective):
    """What `OnPairs` and `OnFlattenedPairs` share: how what a network makes is judged."""

    task: PairTask

    def loss(self, outputs: Any, batch: Batch) -> Array:
        """Returns the mean loss of the logits, a scalar."""
        return super().loss(outputs.logits, batch)

    def metrics(self, outputs: Any, batch: Batch) -> dict[str, Array]:
        """Returns the task's metrics, of the logits, and outside of training `exact`.

        `accuracy` is the share of right symbols, of an encoder-decoder with teacher forcing;
        `exact` is the share of targets that the network writes by itself without a mistake.
        """
        found = super().metrics(outputs.logits, batch)
        if outputs.symbols is None:
            return found
        right = ((outputs.symbols == batch.targets) | ~batch.mask).all(0)
        return found | {"exact": masked_mean(right.astype(float), batch.mask.any(0))}


class OnPairs(_OnPairs):
    """An `EncoderDecoder` on pairs: trained by teacher forcing, evaluated on its own writing too.

    References:
        Williams & Zipser (1989), A learning algorithm for continually running fully recurrent
        neural networks, Neural Computation 1 (teacher forcing).

    Example:
        >>> from rnnjax import cells, tasks, training
        >>> training.make_objective(cells.GRU(8), tasks.Reversal(3))
        OnPairs(...
    """

    model: models.EncoderDecoder

    @property
    def drops(self) -> bool:
        """Whether there are layers to drop features between."""
        return max(len(part.layers) for part in (self.model.encoder, self.model.decoder)) > 1

    def init(self, key: jax.Array, batch: Batch) -> Params:
        """Draws the first parameters; one step of one pair is enough for all shapes."""
        return only_params(self.model.init(key, batch.inputs[:1, :1], batch.targets[:1, :1]))

    def apply(
        self, params: Params, carry: State, batch: Batch, noise: Noise | None
    ) -> tuple[State, Any]:
        """Runs the network; without noise it also writes by itself."""
        model, rngs, symbols = self.model, None, None
        if noise is None:
            length = len(batch.targets)
            found = models.greedy(model, params, batch.inputs, batch.steps, length=length, end=END)
            symbols = found.symbols
        else:
            rngs = {"dropout": noise.key}
            if noise.dropout is not None:
                model = model.clone(
                    encoder=model.encoder.clone(dropout=noise.dropout),
                    decoder=model.decoder.clone(dropout=noise.dropout),
                )
        logits = model.apply(
            {"params": params},
            batch.inputs,
            shifted(batch.targets),
            batch.steps,
            train=noise is not None,
            rngs=rngs,
        )
        return carry, Written(logits, symbols)  # pyright: ignore[reportArgumentType]

    def predict(self, params: Params, inputs: Array, steps: Array | None) -> Array:
        """Returns what the network writes, the likeliest symbol at each step, `[T, B]`."""
        length = self.task.target_length
        return models.greedy(self.model, params, inputs, steps, length=length, end=END).symbols


class OnFlattenedPairs(_OnPairs):
    """An `MLP` on pairs: it sees a source at once and writes all symbols of the target at once.

    Its inputs are one-hot vectors, side by side, zero where there is no symbol; its outputs
    `[B, T * K]`.

    Example:
        >>> from rnnjax import tasks, training
        >>> task = tasks.Addition(1)
        >>> network = models.MLP((8, task.target_length * task.output_dim))
        >>> training.make_objective(network, task)
        OnFlattenedPairs(...
    """

    model: models.MLP

    def init(self, key: jax.Array, batch: Batch) -> Params:
        """Draws the first parameters.

        Raises:
            ValueError: if the network has not as many outputs as the targets have.
        """
        wanted = self.task.target_length * self.task.output_dim
        if self.model.widths[-1] != wanted:
            raise ValueError(f"{self.task} wants an MLP with {wanted} outputs; got {self.model}")
        return only_params(self.model.init(key, self._seen(batch.inputs, batch.steps)[:1]))

    def apply(
        self, params: Params, carry: State, batch: Batch, noise: Noise | None
    ) -> tuple[State, Any]:
        """Runs the network."""
        logits = self._logits(params, batch.inputs, batch.steps)
        symbols = _until_end(logits.argmax(-1)) if noise is None else None
        return carry, Written(logits, symbols)

    def predict(self, params: Params, inputs: Array, steps: Array | None) -> Array:
        """Returns the likeliest symbol at each step, `[T, B]`."""
        return _until_end(self._logits(params, inputs, steps).argmax(-1))

    def _logits(self, params: Params, inputs: Array, steps: Array | None) -> Array:
        """Runs the network; returns logits `[T, B, K]`."""
        outputs: Any = self.model.apply({"params": params}, self._seen(inputs, steps))
        apart = outputs.reshape(len(outputs), self.task.target_length, self.task.output_dim)
        return jnp.swapaxes(apart, 0, 1)

    def _seen(self, inputs: Array, steps: Array | None) -> Array:
        """Returns sources as one vector each, `[B, S * D]`."""
        seen = jax.nn.one_hot(inputs, self.task.input_dim)
        if steps is not None:
            seen = jnp.where(grown(steps, seen.ndim), seen, 0)
        seen = jnp.swapaxes(seen, 0, 1)
        return seen.reshape(len(seen), -1)


def shifted(targets: Array) -> Array:
    """Returns the symbols before those of targets `[T, ...]`; before the first one is an end.

    Example:
        >>> shifted(jnp.array([3, 4, 0])).tolist()
        [0, 3, 4]
    """
    return jnp.concatenate([jnp.full_like(targets[:1], END), targets[:-1]])


def _until_end(symbols: Array) -> Array:
    """Replaces all that comes after the first end of symbols `[T, B]` by more ends."""
    ended = jnp.cumsum(symbols == END, axis=0) > 0
    return jnp.where(ended, END, symbols)
