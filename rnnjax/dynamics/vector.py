"""A state as one real vector, and a step as a function of it."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, State


def to_vector(state: State, batch_shape: tuple[int, ...] = ()) -> Array:
    """Returns a state as one real vector, of single precision or more.

    Leaves follow each other in their order in the pytree; a complex one is its real and then its
    imaginary part.

    Args:
        state: a pytree of real or complex arrays, `[*batch_shape, ...]` each.
        batch_shape: the axes that stay.

    Returns:
        The vectors, `[*batch_shape, N]`.

    Raises:
        TypeError: if a leaf is of another kind of number.
        ValueError: if a leaf does not begin with `batch_shape`.

    Example:
        >>> import numpy as np
        >>> to_vector({"c": np.array([1 + 2j]), "h": np.array([3.0, 4.0])}).tolist()
        [1.0, 2.0, 3.0, 4.0]
    """
    parts, axes = [], len(batch_shape)
    for leaf in map(jnp.asarray, jax.tree.leaves(state)):
        if not jnp.issubdtype(leaf.dtype, jnp.inexact):
            raise TypeError(
                f"a state is a vector if it is of real or complex numbers; got {leaf.dtype}"
            )
        if leaf.shape[:axes] != tuple(batch_shape):
            raise ValueError(f"a state {leaf.shape} is not of a batch {tuple(batch_shape)}")
        flat = leaf.reshape(*batch_shape, math.prod(leaf.shape[axes:]))
        parts += [flat.real, flat.imag] if jnp.iscomplexobj(flat) else [flat]
    if not parts:
        return jnp.zeros((*batch_shape, 0), jnp.float32)
    dtype = single_or_wider(*(part.dtype for part in parts))
    return jnp.concatenate([part.astype(dtype) for part in parts], axis=-1)


def to_state(vector: Array, like: State) -> State:
    """Undoes `to_vector`.

    Args:
        vector: `[..., N]`, any axes leading.
        like: one state, unbatched, such as `cell.initial_state(params)`; its shapes and dtypes are
            all that is used.

    Returns:
        A state with the structure and dtypes of `like`, leaves `[..., *own]`.

    Raises:
        ValueError: if such a state is not of N numbers.

    Example:
        >>> import numpy as np
        >>> like = {"c": np.zeros(1, complex), "h": np.zeros(2)}
        >>> state = to_state(np.arange(8.0).reshape(2, 4), like)
        >>> state["c"].tolist(), state["h"].tolist()
        ([[1j], [(4+5j)]], [[2.0, 3.0], [6.0, 7.0]])
    """
    leaves, structure = jax.tree.flatten(like)
    size = sum(leaf.size * (1 + jnp.iscomplexobj(leaf)) for leaf in leaves)
    if vector.shape[-1] != size:
        shapes = [leaf.shape for leaf in leaves]
        raise ValueError(f"a state of {shapes} is {size} numbers; got a vector {vector.shape}")
    at, made = 0, []
    for leaf in leaves:
        parts = []
        for _ in range(1 + jnp.iscomplexobj(leaf)):
            part = vector[..., at : at + leaf.size].reshape(*vector.shape[:-1], *leaf.shape)
            parts.append(part.astype(jnp.finfo(leaf.dtype).dtype))
            at += leaf.size
        made.append(jax.lax.complex(*parts) if jnp.iscomplexobj(leaf) else parts[0])
    return jax.tree.unflatten(structure, made)


def on_vectors(
    step: Callable[[State, Any], tuple[State, Any]], like: State
) -> Callable[[Array, Any], tuple[Array, Any]]:
    """Returns a step of a state as one of its vector.

    Args:
        step: maps a state and what else a step is given to the next state and the output, any axes
            leading: `functools.partial(cell.step, params)`, or a step under a mask.
        like: one state, unbatched; see `to_state`.

    Returns:
        A function of `h [..., N]` and the rest to the next `[..., N]` and the output `[..., K]`.

    Example:
        >>> def rotate(state, x_t):
        ...     return {"z": state["z"] * 1j}, x_t
        >>> step = on_vectors(rotate, {"z": jnp.zeros(1, complex)})
        >>> step(jnp.array([3.0, 4.0]), None)[0].tolist()
        [-4.0, 3.0]
    """

    def vector_step(h: Array, x_t: Any) -> tuple[Array, Any]:
        h = jnp.asarray(h)
        after, y_t = step(to_state(h, like), x_t)
        return to_vector(after, h.shape[:-1]).astype(h.dtype), y_t

    return vector_step
