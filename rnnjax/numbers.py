"""The leaves of a pytree that have a derivative: real and complex numbers, no flags and counts."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.typing import Array


def is_number(x: Any) -> bool:
    """Says whether an array is of real or complex numbers, which have gradients.

    Example:
        >>> is_number(jnp.zeros(2)), is_number(jnp.zeros(2, bool))
        (True, False)
    """
    return jnp.issubdtype(x.dtype, jnp.inexact)


def numbers_of(tree: Any) -> list[Array]:
    """Returns the leaves that are numbers.

    Example:
        >>> len(numbers_of({"h": jnp.zeros(2), "steps": jnp.zeros(2, int)}))
        1
    """
    return [x for x in jax.tree.leaves(tree) if is_number(x)]


def with_numbers(
    tree: Any, numbers: Sequence[Any], otherwise: Callable[[Array], Any] | None = None
) -> Any:
    """Returns `tree` with other numbers, and what `otherwise` makes of all else.

    Example:
        >>> with_numbers({"h": jnp.zeros(1), "there": jnp.ones(1, bool)}, [jnp.ones(1)])
        {'h': Array([1.], dtype=float32), 'there': Array([ True], dtype=bool)}
    """
    left = iter(numbers)
    keep = otherwise or (lambda x: x)
    return jax.tree.map(lambda x: next(left) if is_number(x) else keep(x), tree)


def single_or_wider(*dtypes: Any) -> jnp.dtype:
    """Returns the dtype that holds numbers of all these, and those of single precision.

    Example:
        >>> single_or_wider(jnp.bfloat16).name, single_or_wider(jnp.complex64).name
        ('float32', 'complex64')
    """
    with jax.numpy_dtype_promotion("standard"):  # asked for here, also where none is implied
        return jnp.result_type(jnp.float32, *dtypes)


def no_tangent(x: Array) -> np.ndarray:
    """Returns what JAX has for the derivative of flags and counts.

    Example:
        >>> no_tangent(jnp.zeros(2, bool)).dtype
        dtype([('float0', 'V')])
    """
    return np.zeros(x.shape, jax.dtypes.float0)
