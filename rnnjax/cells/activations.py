"""The elementwise functions that gates use."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from rnnjax.typing import Array

Activation = Callable[[Array], Array]


def fast_sigmoid(x: Array) -> Array:
    """Returns the logistic function by way of tanh: within 1e-7, in less time on a CPU."""
    return 0.5 * jnp.tanh(0.5 * x) + 0.5


def with_slope(function: Activation, x: Array) -> tuple[Array, Array]:
    """Returns an elementwise function's values and derivatives at `x`.

    Those of the usual gates are found from their values, which is one array less to keep.
    """
    if function in (fast_sigmoid, jax.nn.sigmoid):
        y = function(x)
        return y, y * (1 - y)
    if function is jnp.tanh:
        y = function(x)
        return y, 1 - y * y
    return jax.jvp(function, (x,), (jnp.ones_like(x),))
