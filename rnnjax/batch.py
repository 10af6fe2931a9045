"""Sequences with what is wanted of them, and how answers are judged where they count.

Data may be missing wherever a mask says so: what stands there, NaN included, reaches neither a loss
nor a gradient.
"""

from typing import NamedTuple

import jax.numpy as jnp
import optax

from rnnjax.axes import grown
from rnnjax.typing import Array


class Batch(NamedTuple):
    """Sequences with what is wanted of them.

    Attributes:
        inputs: `[T, B, D]`, or whole numbers `[T, B]` where the network embeds them.
        targets: classes `[T, B]` or numbers `[T, B, K]`; one a sequence, `[B]` or `[B, K]`.
        mask: boolean, as targets without K: where they count.
        steps: boolean `[T, B]`, False where there is no step; None where all are steps.
        reset: boolean `[T, B]`, True where a new sequence begins; None for the first step alone.

    Example:
        >>> Batch(jnp.ones((5, 2, 3)), jnp.array([0, 1]), jnp.ones(2, bool)).steps is None
        True
    """

    inputs: Array
    targets: Array
    mask: Array
    steps: Array | None = None
    reset: Array | None = None


def without_missing(batch: Batch) -> Batch:
    """Returns the batch with zeros where there is no step and where no target counts.

    Example:
        >>> inputs, nan = jnp.ones((2, 1, 1)), jnp.nan
        >>> batch = Batch(inputs, jnp.array([[nan], [2.0]]), jnp.array([[False], [True]]))
        >>> without_missing(batch).targets.tolist()
        [[0.0], [2.0]]
    """
    inputs = batch.inputs
    if batch.steps is not None:
        inputs = jnp.where(grown(batch.steps, inputs.ndim), inputs, jnp.zeros((), inputs.dtype))
    there = grown(batch.mask, batch.targets.ndim)
    targets = jnp.where(there, batch.targets, jnp.zeros((), batch.targets.dtype))
    return batch._replace(inputs=inputs, targets=targets)


def remaining(mask: Array) -> Array:
    """Returns how many steps `[T, B]` of the mask are to come, each step itself included.

    Example:
        >>> remaining(jnp.array([True, True, False, True])).tolist()
        [3, 2, 1, 1]
    """
    return jnp.cumsum(mask[::-1].astype(int), axis=0)[::-1]


def masked_mean(values: Array, mask: Array) -> Array:
    """Returns the mean of `values` where `mask`, of the same shape, is True; 0 if nowhere.

    A gradient through what is left out is zero times what is there: where that may not be finite,
    take it out of the operands, as `squared_error` does.

    Example:
        >>> masked_mean(jnp.array([1.0, 5.0]), jnp.array([True, False])).item()
        1.0
    """
    return jnp.where(mask, values, 0).sum() / jnp.maximum(mask.sum(), 1)


def squared_error(outputs: Array, targets: Array, mask: Array) -> Array:
    """Returns the mean of `(outputs - targets)**2`, both `[..., K]`, where `mask [...]` is True.

    Raises:
        ValueError: if outputs and targets differ in shape.

    Example:
        >>> outputs, targets = jnp.array([[1.0], [2.0]]), jnp.array([[jnp.nan], [4.0]])
        >>> squared_error(outputs, targets, jnp.array([False, True])).item()
        4.0
    """
    if outputs.shape != targets.shape:
        raise ValueError(f"outputs are {outputs.shape} and targets {targets.shape}, not alike")
    there = mask[..., None]
    errors = jnp.where(there, outputs, 0) - jnp.where(there, targets, 0)
    return masked_mean((errors**2).mean(-1), mask)


def cross_entropy(logits: Array, targets: Array, mask: Array) -> Array:
    """Returns the mean cross-entropy in nats of `logits [..., K]` at the classes `targets [...]`.

    Raises:
        ValueError: if the logits are not those of such targets.

    Example:
        >>> cross_entropy(jnp.zeros((1, 2)), jnp.array([1]), jnp.array([True])).item()
        0.6931471824645996
    """
    _check_logits(logits, targets)
    logits = jnp.where(mask[..., None], logits, 0)
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, jnp.where(mask, targets, 0))
    return masked_mean(losses, mask)


def accuracy(logits: Array, targets: Array, mask: Array) -> Array:
    """Returns the share of `targets [...]` that have the largest of `logits [..., K]`.

    Raises:
        ValueError: if the logits are not those of such targets.

    Example:
        >>> accuracy(jnp.array([[0.1, 0.9]]), jnp.array([1]), jnp.array([True])).item()
        1.0
    """
    _check_logits(logits, targets)
    return masked_mean((logits.argmax(-1) == targets).astype(logits.dtype), mask)


def _check_logits(logits: Array, targets: Array) -> None:
    if logits.shape[:-1] != targets.shape:
        raise ValueError(
            f"outputs are {logits.shape} and targets classes {targets.shape}: "
            f"outputs have one axis more, for the classes"
        )
