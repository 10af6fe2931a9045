"""What a task is: sequences that are made, not stored, and how answers to them are judged."""

import abc
from typing import NamedTuple

import jax.numpy as jnp
import optax

from rnnjax.typing import Array, Key, Static


class Batch(NamedTuple):
    """Sequences with what is wanted of them."""

    inputs: Array  # [T, B, D]
    targets: Array  # [T, B] of classes or [T, B, K] of numbers
    mask: Array  # boolean [T, B], True where the target counts


class Task(Static, abc.ABC):
    """A source of random sequences. All methods are pure and can be compiled."""

    @property
    @abc.abstractmethod
    def input_dim(self) -> int:
        """The size D of one input."""

    @property
    @abc.abstractmethod
    def output_dim(self) -> int:
        """The size K of one output that `loss` expects."""

    @property
    @abc.abstractmethod
    def baseline(self) -> float:
        """The loss of the best guess that remembers nothing; its docstring derives it."""

    @abc.abstractmethod
    def sample(self, key: Key, batch_size: int) -> Batch:
        """Draws `batch_size` sequences."""

    @abc.abstractmethod
    def loss(self, outputs: Array, batch: Batch) -> Array:
        """Returns the mean loss, a scalar, of outputs `[T, B, K]` where `batch.mask` is True."""

    @abc.abstractmethod
    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """Returns what else is worth reporting of outputs `[T, B, K]`, scalars by name."""


def masked_mean(values: Array, mask: Array) -> Array:
    """Returns the mean of `values` where `mask`, of the same shape, is True; 0 if nowhere."""
    return jnp.where(mask, values, 0).sum() / jnp.maximum(mask.sum(), 1)


def cross_entropy(logits: Array, targets: Array, mask: Array) -> Array:
    """Returns the mean cross-entropy in nats of `logits [..., K]` at the classes `targets`."""
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, targets)
    return masked_mean(losses, mask)


def accuracy(logits: Array, targets: Array, mask: Array) -> Array:
    """Returns the share of `targets` that have the largest of `logits [..., K]`."""
    return masked_mean((logits.argmax(-1) == targets).astype(logits.dtype), mask)
