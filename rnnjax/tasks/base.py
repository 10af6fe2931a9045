"""What a task is: sequences in three parts, and how answers to them are judged."""

import abc

import jax.numpy as jnp

from rnnjax.batch import Batch, accuracy, cross_entropy, squared_error
from rnnjax.tasks.feed import Feed
from rnnjax.tasks.sources import Part, Source
from rnnjax.typing import Array


class Task(abc.ABC):
    """What a network is trained on, whatever its kind: drawn, stored, or fed by the host.

    A task of one's own is one of `GeneratedTask`, `WindowedTask`, `StoredTask`, or an `Arrays` or
    `Streamed` made of what is at hand. Numbers among its fields become flags of an experiment.

    Attributes:
        metric: what validation chooses by: "loss", the least, or another one, the most.
        per_step: whether an answer is wanted at every step, or one a sequence.
        carries: whether a batch goes on where the one before ended, as windows of a series do.
        embedded: whether inputs are whole numbers `[T, B]` below `input_dim`, for a network to
            embed, and not `[T, B, D]`.
        located_by: fields that say where stored data lie; what they are, `digest` says.

    Example:
        >>> from rnnjax.tasks import Copying
        >>> task = Copying(delay=20)
        >>> task.input_dim, task.output_dim, task.per_step, task.metric
        (10, 9, True, 'loss')
    """

    metric: str = "loss"
    per_step: bool = True
    carries: bool = False
    embedded: bool = False
    located_by: tuple[str, ...] = ("data_dir",)

    @property
    @abc.abstractmethod
    def input_dim(self) -> int:
        """The size D of one input, or how many whole numbers it may be."""

    @property
    @abc.abstractmethod
    def output_dim(self) -> int:
        """The size K of one output that `loss` expects: numbers, or logits of classes."""

    @property
    def baseline(self) -> float | None:
        """The loss of the best guess that remembers nothing; its docstring derives it."""
        return None

    @property
    def description(self) -> str:
        """What the data are, in a sentence for the screen."""
        known = "" if self.baseline is None else f"; loss without memory {self.baseline:.4f}"
        return f"{self}{known}"

    @property
    def title(self) -> str:
        """What the task is called above a figure."""
        return str(self)

    @property
    def token(self) -> str:
        """What the data are, in a word for the result line."""
        return type(self).__name__.lower()

    @property
    def digest(self) -> str:
        """What tells stored data from others of the same name; empty for those that are made."""
        return ""

    @abc.abstractmethod
    def source(self, part: Part, batch_size: int) -> Source | Feed | None:
        """Returns the batches of a part; None where there are none of it."""

    def loss(self, outputs: Array, batch: Batch) -> Array:
        """Returns the mean loss where `batch.mask` is True, a scalar.

        Cross-entropy in nats where targets are whole numbers, else the mean squared error.
        """
        if jnp.issubdtype(batch.targets.dtype, jnp.integer):
            return cross_entropy(outputs, batch.targets, batch.mask)
        return squared_error(outputs, batch.targets, batch.mask)

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """Returns what else is worth reporting, scalars by name: of classes the accuracy."""
        if jnp.issubdtype(batch.targets.dtype, jnp.integer):
            return {"accuracy": accuracy(outputs, batch.targets, batch.mask)}
        return {}
