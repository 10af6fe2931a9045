"""Random feedback: the error of a readout goes back by fixed weights, not by the readout's own."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from rnnjax.typing import Array


def feedback_weights(seed: int, inputs: int, outputs: int) -> Array:
    """Draws the weights `[H, K]` by which errors of K outputs go back, normal of variance 1 / K.

    Example:
        >>> feedback_weights(seed=0, inputs=3, outputs=2).shape
        (3, 2)
    """
    return jax.random.normal(jax.random.key(seed), (inputs, outputs)) / outputs**0.5


def fed_back(x: Array, readout: Callable[[Array], Array], weights: Array) -> Array:
    """Returns `readout(x)`, of which the gradient of `x` is the output's times `weights^T`.

    The readout's own parameters have their gradients. With its own matrix as `weights` an affine
    readout is as without them: so feedback alignment and its symmetric case are one program.

    Args:
        x: `[..., H]`.
        readout: maps that to `[..., K]`.
        weights: `[H, K]`.

    References:
        Lillicrap, Cownden, Tweed & Akerman (2016), Random synaptic feedback weights support error
        backpropagation for deep learning, Nature Communications 7.
        Murray (2019), Local online learning in recurrent networks with random feedback, eLife 8.

    Example:
        >>> def total(x):
        ...     return fed_back(x, lambda x: 2 * x, jnp.array([[5.0]])).sum()
        >>> jax.value_and_grad(total)(jnp.array([3.0]))
        (Array(6., dtype=float32), Array([5.], dtype=float32))
    """
    y = readout(jax.lax.stop_gradient(x))
    return _carried_back(x, y, weights.astype(y.dtype))


@jax.custom_vjp
def _carried_back(x: Array, y: Array, weights: Array) -> Array:
    del x, weights
    return y


def _forward(x: Array, y: Array, weights: Array) -> tuple[Array, tuple[Array, Array]]:
    return y, (x, weights)


def _backward(kept: tuple[Array, Array], d_y: Array) -> tuple[Array, Array, Array]:
    x, weights = kept

    def product(x: Array) -> Array:  # as a Dense has it, so that its transpose is that of one
        contracted = ((x.ndim - 1,), (0,)), ((), ())
        return jax.lax.dot_general(x, weights, contracted)

    like = jax.ShapeDtypeStruct(x.shape, weights.dtype)
    (d_x,) = jax.linear_transpose(product, like)(d_y)
    return d_x.astype(x.dtype), d_y, jnp.zeros_like(weights)


_carried_back.defvjp(_forward, _backward)
