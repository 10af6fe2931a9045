"""The elementwise functions that gates use."""

import jax.numpy as jnp

from rnnjax.typing import Array


def sigmoid(x: Array) -> Array:
    """Returns the logistic function by way of tanh: within 1e-7, in less time on a CPU."""
    return 0.5 * jnp.tanh(0.5 * x) + 0.5
