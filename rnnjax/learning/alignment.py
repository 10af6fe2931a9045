"""How well one gradient stands for another: the angle between them, and their sizes."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.numbers import numbers_of, single_or_wider
from rnnjax.typing import Array, Params


class Alignment(NamedTuple):
    """A gradient beside the exact one.

    Example:
        >>> Alignment(cosine=1.0, norm=0.5)
        Alignment(cosine=1.0, norm=0.5)
    """

    cosine: Array  # of the angle between them, 0 where one of them is zero
    norm: Array  # of the gradient, divided by that of the exact one


def alignment(found: Params, exact: Params) -> Alignment:
    """Returns how a gradient of all parameters together stands to the exact one.

    A step along it lowers the loss, if it is small enough, where the cosine is above 0. Complex
    numbers count as two.

    Args:
        found: the gradient.
        exact: what it stands for, of the same structure; leaves that are no numbers do not count.

    Returns:
        Scalars, in single precision at least. The norm is NaN where both are zero.

    Raises:
        ValueError: if structures or shapes differ, or there are no numbers.

    Example:
        >>> exact = {"w": jnp.array([3.0, 0.0]), "b": jnp.array([4.0])}
        >>> found = {"w": jnp.array([3.0, 0.0]), "b": jnp.array([0.0])}
        >>> cosine, norm = alignment(found, exact)
        >>> round(float(cosine), 6), round(float(norm), 6)
        (0.6, 0.6)
    """
    _check(found, exact)
    return _of_leaves(numbers_of(found), numbers_of(exact))


def leaf_alignments(found: Params, exact: Params) -> dict[str, Alignment]:
    """Returns how each leaf of a gradient stands to that of the exact one, by its path.

    Args:
        found: the gradient.
        exact: what it stands for, of the same structure.

    Raises:
        ValueError: if structures or shapes differ, or there are no numbers.

    Example:
        >>> exact = {"w": jnp.array([3.0, 4.0]), "b": jnp.array([2.0])}
        >>> found = {"w": jnp.array([4.0, 3.0]), "b": jnp.array([-1.0])}
        >>> leaves = leaf_alignments(found, exact)
        >>> round(float(leaves["w"].cosine), 6), round(float(leaves["b"].cosine), 6)
        (0.96, -1.0)
    """
    _check(found, exact)
    pairs = zip(jax.tree.leaves_with_path(found), jax.tree.leaves(exact), strict=True)
    return {
        jax.tree_util.keystr(path, simple=True, separator="."): _of_leaves([x], [y])
        for (path, x), y in pairs
        if numbers_of([x])
    }


def _of_leaves(found: list[Array], exact: list[Array]) -> Alignment:
    # Of long lags gradients are so small that their squares would be zero.
    found, size = _scaled(found)
    exact, exact_size = _scaled(exact)
    dot = _dot(found, exact)
    norm, exact_norm = (jnp.sqrt(_dot(x, x)) for x in (found, exact))
    lengths = norm * exact_norm
    cosine = jnp.where(lengths > 0, dot / jnp.where(lengths > 0, lengths, 1), 0)
    return Alignment(cosine, norm / exact_norm * (size / exact_size))


def _scaled(leaves: list[Array]) -> tuple[list[Array], Array]:
    """Returns leaves divided by their largest number, and that, 1 where all are zero."""
    leaves = [x.astype(single_or_wider(x.dtype)) for x in leaves]
    largest = [jnp.max(jnp.abs(x), initial=0) for x in leaves]
    size = jnp.max(jnp.stack([x.astype(jnp.result_type(*largest)) for x in largest]))
    size = jnp.where(size > 0, size, 1)
    return [x / size.astype(x.real.dtype) for x in leaves], size


def _dot(xs: list[Array], ys: list[Array]) -> Array:
    each = [jnp.sum(x.real * y.real + x.imag * y.imag) for x, y in zip(xs, ys, strict=True)]
    return jnp.sum(jnp.stack(each))


def _check(found: Params, exact: Params) -> None:
    shapes = [jax.tree.map(jnp.shape, tree) for tree in (found, exact)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"a gradient of shapes {shapes[0]} stands for none of {shapes[1]}")
    if not numbers_of(exact):
        raise ValueError(f"a gradient without real or complex numbers has no direction: {exact}")
