"""The leaves of a pytree as NumPy arrays, and back: what a checkpoint holds and what it fits."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.training.processes import gathered
from rnnjax.typing import State


class Leaf(NamedTuple):
    """What a leaf is."""

    name: str  # where it is in the tree, such as ".params['w_x'][0]"
    kind: str  # dtype and shape, such as "float32[28,512]"


def describe(tree: State) -> list[Leaf]:
    """Describes each leaf of `tree`, arrays and `jax.ShapeDtypeStruct` alike.

    Raises:
        TypeError: a leaf is not an array, a typed key or a Python number.
    """
    return [
        Leaf(name, f"{_dtype(name, leaf)}[{','.join(map(str, np.shape(leaf)))}]")
        for name, leaf in _named(tree)
    ]


def difference(found: list[Leaf], wanted: list[Leaf]) -> str | None:
    """Says in one line where two descriptions differ first, or nothing if they are equal."""
    there, here = dict(found), dict(wanted)
    for name in [*here, *there]:
        if there.get(name) != here.get(name):
            return (
                f"{name} is {there.get(name, 'absent')} there and {here.get(name, 'absent')} here"
            )
    return None


def to_host(tree: State) -> list[np.ndarray]:
    """Copies the leaves of `tree` to the host, typed keys as their integers.

    Where parts of a leaf lie in several processes, all of them have to call this.
    """
    return [
        gathered(jax.random.key_data(leaf) if _is_key(leaf) else leaf)
        for leaf in jax.tree.leaves(tree)
    ]


def zeros(tree: State) -> list[np.ndarray]:
    """Returns arrays of zeros such as `to_host` would return for `tree`."""
    specs = [
        jax.eval_shape(jax.random.key_data, leaf) if _is_key(leaf) else leaf
        for leaf in jax.tree.leaves(tree)
    ]
    return [np.zeros(np.shape(spec), _host_dtype(spec)) for spec in specs]


def from_host(arrays: list[np.ndarray], like: State) -> State:
    """Puts what `to_host` returned into the structure, leaf types and shardings of `like`."""
    leaves, structure = jax.tree.flatten(like)
    return structure.unflatten(map(_place, arrays, leaves))


def _place(array: np.ndarray, like: Any) -> Any:
    if isinstance(like, np.ndarray | np.generic):
        return array.copy() if isinstance(like, np.ndarray) else array[()]
    if isinstance(like, bool | int | float | complex):
        return array.item()
    value = jnp.array(array)  # a copy, so that XLA never shares memory with the reader
    if _is_key(like):
        # The dtype knows the generator, but only an array can be asked for it.
        value = jax.random.wrap_key_data(value, impl=jax.random.key_impl(jnp.zeros((), like.dtype)))
    # An array that JAX was free to place stays free: committed, it could not meet a mesh.
    fixed = like.committed if isinstance(like, jax.Array) else like.sharding is not None
    return jax.device_put(value, like.sharding) if fixed else value


def _named(tree: State) -> list[tuple[str, Any]]:
    return [(jax.tree_util.keystr(path), leaf) for path, leaf in jax.tree.leaves_with_path(tree)]


def _is_key(leaf: Any) -> bool:
    return hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _host_dtype(leaf: Any) -> np.dtype:
    return np.dtype(leaf.dtype) if hasattr(leaf, "dtype") else np.asarray(leaf).dtype


def _dtype(name: str, leaf: Any) -> str:
    """Names the dtype that `leaf` has, or that an array like it would get."""
    if _is_key(leaf):
        return str(leaf.dtype)
    dtype = _host_dtype(leaf)
    if isinstance(leaf, jax.ShapeDtypeStruct):
        dtype = jax.dtypes.canonicalize_dtype(dtype)  # int64 narrows unless JAX is told otherwise
    if not jnp.issubdtype(dtype, jnp.number) and dtype != np.bool_:
        raise TypeError(f"a checkpoint holds arrays and numbers: {name} is a {type(leaf).__name__}")
    return dtype.name
