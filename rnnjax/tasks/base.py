"""What a task is: sequences in three parts, and how answers to them are judged."""

import abc
import dataclasses
from numbers import Integral, Real
from typing import Any, Literal, get_args, get_origin

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

    def __post_init__(self) -> None:
        """Refuses fields of another kind than theirs; see `check_fields`."""
        if dataclasses.is_dataclass(self):
            check_fields(self)

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

    def judged(self, part: Part, batch_size: int) -> Source | Feed | None:
        """Returns what a part is judged by, by default its `source`.

        A task whose result would depend on the size of a batch says here what is the same for all:
        the batches may then be of any other size.
        """
        return self.source(part, batch_size)

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


def check_fields(value: Any) -> None:
    """Refuses a dataclass with a name that is none of a `Literal`, or no number where one belongs.

    Raises:
        ValueError: in one line.

    Example:
        >>> from rnnjax.tasks import Adding
        >>> Adding(10.0)
        Traceback (most recent call last):
        ValueError: Adding: length must be a whole number; got 10.0
    """
    for field in dataclasses.fields(value):
        found, arms = getattr(value, field.name), (field.type,)
        if get_origin(field.type) is not Literal and type(None) in get_args(field.type):
            if found is None:
                continue
            arms = tuple(arm for arm in get_args(field.type) if arm is not type(None))
        wanted = [said for arm in arms if (said := _unmet(arm, found))]
        if wanted:
            raise ValueError(
                f"{type(value).__name__}: {field.name} must be {wanted[0]}; got {found!r}"
            )


def _unmet(kind: Any, value: Any) -> str | None:
    """Returns what a value of a kind is, in words, where this is none."""
    if get_origin(kind) is Literal:
        names = list(map(str, get_args(kind)))
        said = " or ".join(names) if len(names) < 3 else f"one of {', '.join(names)}"
        return None if value in get_args(kind) else said
    number = isinstance(value, Integral if kind is int else Real) and not isinstance(value, bool)
    if kind in (int, float) and not number:
        return "a whole number" if kind is int else "a number"
    return "True or False" if kind is bool and not isinstance(value, bool) else None
