"""Sums over time in single precision, of parameters in half."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from rnnjax.typing import Array, Params


def widen(params: Params) -> tuple[Params, Callable[[Params], Params]]:
    """Returns the parameters as a loop is to be given them, and what makes them again within it.

    The gradient of a loop adds up what each step adds in the dtype of what the loop is given. In
    half precision a thousand small numbers are lost in a large one, so those are given in single.
    """

    def narrow(wide: Params) -> Params:
        return jax.tree.map(lambda x, p: x.astype(p.dtype), wide, params)

    return jax.tree.map(widened, params), narrow


def widened(x: Array) -> Array:
    """Returns real numbers of half precision in single; all else as it is."""
    is_half = jnp.issubdtype(x.dtype, jnp.floating) and x.dtype.itemsize < 4
    return x.astype(jnp.float32) if is_half else x
