"""States as rows of one matrix, which is what statistics are taken of."""

import functools
import math

import jax
import jax.numpy as jnp

from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array

# On accelerators products of single precision are rounded to fewer bits unless told otherwise.
product = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)


def rows(states: Array, name: str = "states") -> Array:
    """Returns real arrays `[..., N]` as `[R, N]`, of single precision or more.

    Raises:
        TypeError: if they are complex.
        ValueError: if they have no axis before the last.

    Example:
        >>> rows(jnp.zeros((5, 2, 3))).shape
        (10, 3)
    """
    states = jnp.asarray(states)
    if jnp.iscomplexobj(states):
        raise TypeError(f"{name} must be real, as dynamics.to_vector makes them; got complex")
    if states.ndim < 2:
        raise ValueError(
            f"{name} must be [..., N], with an axis or more before; got {states.shape}"
        )
    return states.reshape(math.prod(states.shape[:-1]), states.shape[-1]).astype(
        single_or_wider(states.dtype)
    )


def centred(x: Array) -> Array:
    """Takes the mean over rows off `x [R, N]`.

    Example:
        >>> centred(jnp.array([[1.0], [3.0]])).ravel().tolist()
        [-1.0, 1.0]
    """
    return x - x.mean(0, keepdims=True)


def paired(x: Array, y: Array) -> tuple[Array, Array]:
    """Returns two recordings of the same moments as centred rows.

    Raises:
        TypeError: if they are complex.
        ValueError: if they differ in their number of rows, or have none.

    Example:
        >>> [rows.shape for rows in paired(jnp.ones((5, 2, 3)), jnp.ones((5, 2, 4)))]
        [(10, 3), (10, 4)]
    """
    first, second = rows(x, "x"), rows(y, "y")
    if len(first) != len(second):
        raise ValueError(
            f"x {jnp.shape(x)} and y {jnp.shape(y)} must be of the same moments: [..., N] and "
            f"[..., M]"
        )
    if not len(first):
        raise ValueError(f"x {jnp.shape(x)} and y {jnp.shape(y)} have no moments")
    return centred(first), centred(second)
