"""From the outputs of recurrent layers to the outputs of a network.

With a `feedback` the error does not go back to the layers by the readout's own weights but by fixed
random ones, of which that number is the seed; see `feedback.py`.
"""

import flax.linen as nn
import jax.numpy as jnp

from rnnjax.axes import grown
from rnnjax.models.feedback import fed_back, feedback_weights
from rnnjax.models.precision import Precision
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array


class All(nn.Module):
    """An affine map of the output at every step: many to many.

    Example:
        >>> import jax
        >>> ys, _ = jax.eval_shape(All(2).init_with_output, jax.random.key(0), jnp.ones((5, 4, 3)))
        >>> ys.shape
        (5, 4, 2)
    """

    output_dim: int
    precision: Precision = Precision.F32
    feedback: int | None = None

    @nn.compact
    def __call__(self, ys: Array, mask: Array | None = None) -> Array:
        """Maps `[T, ..., K]` to `[T, ..., output_dim]`; masked steps are mapped like others."""
        del mask
        return _affine(self, ys)


class Plain(nn.Module):
    """The outputs as they are, for what comes after them.

    Example:
        >>> Plain().apply({}, jnp.ones((5, 4, 3))).shape
        (5, 4, 3)
    """

    @nn.compact
    def __call__(self, ys: Array, mask: Array | None = None) -> Array:
        """Returns `ys`."""
        del mask
        return ys


class Mean(nn.Module):
    """An affine map of the mean over time of the outputs that are not masked.

    Example:
        >>> import jax
        >>> y, _ = jax.eval_shape(Mean(2).init_with_output, jax.random.key(0), jnp.ones((5, 4, 3)))
        >>> y.shape
        (4, 2)
    """

    output_dim: int
    precision: Precision = Precision.F32
    feedback: int | None = None

    @nn.compact
    def __call__(self, ys: Array, mask: Array | None = None) -> Array:
        """Maps `[T, ..., K]` to `[..., output_dim]`; a sequence without steps has mean zero."""
        return _affine(self, mean(ys, mask))


class Last(nn.Module):
    """An affine map of the output at the last step that is not masked.

    The last `backward_dim` features come from a layer that runs backward; they are taken at the
    first step, where that layer has seen the whole sequence.

    Example:
        >>> import jax
        >>> y, _ = jax.eval_shape(Last(2).init_with_output, jax.random.key(0), jnp.ones((5, 4, 3)))
        >>> y.shape
        (4, 2)
    """

    output_dim: int
    backward_dim: int = 0
    precision: Precision = Precision.F32
    feedback: int | None = None

    @nn.compact
    def __call__(self, ys: Array, mask: Array | None = None) -> Array:
        """Maps `[T, ..., K]` to `[..., output_dim]`."""
        forward_dim = ys.shape[-1] - self.backward_dim
        if self.backward_dim == 0:
            return _affine(self, last(ys, mask))
        ends = last(ys[..., :forward_dim], mask), first(ys[..., forward_dim:], mask)
        return _affine(self, jnp.concatenate(ends, axis=-1))


def mean(ys: Array, mask: Array | None = None) -> Array:
    """Returns the mean of the steps where `mask` is True, `[T, ..., K]` to `[..., K]`.

    Of numbers in half precision it is added up in single.

    Example:
        >>> mean(jnp.array([[1.0], [2.0], [9.0]]), jnp.array([True, True, False])).tolist()
        [1.5]
    """
    if mask is None:
        return ys.mean(0)
    mask = _like(mask, ys)
    total = jnp.where(mask, ys, 0).sum(0, dtype=single_or_wider(ys.dtype))
    count = jnp.maximum(mask.sum(0), 1)  # in whole numbers: half precision ends at 256
    return (total / count.astype(total.dtype)).astype(jnp.result_type(ys.dtype, float))


def last(ys: Array, mask: Array | None = None) -> Array:
    """Returns the last of the steps where `mask` is True, `[T, ..., K]` to `[..., K]`.

    Example:
        >>> last(jnp.array([[1.0], [2.0], [9.0]]), jnp.array([True, True, False])).tolist()
        [2.0]
    """
    if mask is None:
        return ys[-1]
    # Of a mask without True, argmax makes the last step: a masked output, which is zero.
    index = ys.shape[0] - 1 - jnp.argmax(jnp.flip(_like(mask, ys), 0), axis=0)
    return jnp.take_along_axis(ys, index[None], axis=0)[0]


def first(ys: Array, mask: Array | None = None) -> Array:
    """Returns the first of the steps where `mask` is True, `[T, ..., K]` to `[..., K]`.

    Example:
        >>> first(jnp.array([[1.0], [2.0], [9.0]]), jnp.array([True, True, False])).tolist()
        [1.0]
    """
    return ys[0] if mask is None else last(jnp.flip(ys, 0), jnp.flip(mask, 0))


def _affine(readout: All | Mean | Last, x: Array) -> Array:
    """Returns a readout's affine map of `[..., K]`, within its call."""
    dense = readout.precision.dense(readout.output_dim)
    if readout.feedback is None:
        return dense(x)
    weights = feedback_weights(readout.feedback, x.shape[-1], readout.output_dim)
    return fed_back(x, dense, weights)


def _like(mask: Array, ys: Array) -> Array:
    """Gives a mask `[T, ...]` as many axes as `ys [T, ..., K]`, of length 1 at the end."""
    return jnp.broadcast_to(grown(mask, ys.ndim), (*ys.shape[:-1], 1))
