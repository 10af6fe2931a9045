"""The leaves of a pytree by their paths, as NumPy arrays, and back: what a checkpoint holds."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.training.processes import gathered
from rnnjax.typing import State


class Leaf(NamedTuple):
    """What a leaf is.

    Attributes:
        name: its path, such as `params/layers_0/cell/w_x`; empty where the tree is the leaf.
        kind: dtype and shape, such as `float32[28,512]`.
    """

    name: str
    kind: str


def describe(tree: State) -> list[Leaf]:
    """Describes each leaf of `tree`, arrays and `jax.ShapeDtypeStruct` alike.

    Raises:
        TypeError: a leaf is not an array, a typed key or a Python number.

    Example:
        >>> describe({"layers_0": {"w_x": jnp.zeros((28, 512))}, "step": jnp.int32(0)})[0]
        Leaf(name='layers_0/w_x', kind='float32[28,512]')
    """
    named = [
        (jax.tree_util.keystr(path, simple=True, separator="/"), leaf)
        for path, leaf in jax.tree.leaves_with_path(tree)
    ]
    return [
        Leaf(name, f"{_dtype(name, leaf)}[{','.join(map(str, np.shape(leaf)))}]")
        for name, leaf in named
    ]


def difference(found: list[Leaf], wanted: list[Leaf]) -> str | None:
    """Says in one line where two descriptions differ first, or nothing if they are equal.

    Example:
        >>> difference([Leaf("w", "float32[2,3]")], [Leaf("w", "float32[2,4]")])
        'w is float32[2,3] there and float32[2,4] here'
    """
    there, here = dict(found), dict(wanted)
    for name in [*here, *there]:
        if there.get(name) != here.get(name):
            return (
                f"{name or 'the state'} is {there.get(name, 'absent')} there "
                f"and {here.get(name, 'absent')} here"
            )
    return None


def nest(arrays: dict[str, Any]) -> Any:
    """Makes nested dicts of what is named by paths; a value without a name is all there is.

    Raises:
        ValueError: two names would meet in one place.

    Example:
        >>> nest({"cell/w": 1, "cell/b": 2, "step": 3})
        {'cell': {'w': 1, 'b': 2}, 'step': 3}
    """
    if "" in arrays:
        return arrays[""]
    tree: dict[str, Any] = {}
    for name, array in arrays.items():
        *above, last = name.split("/")
        place = tree
        for key in above:
            place = place.setdefault(key, {})
            if not isinstance(place, dict):
                break
        if not isinstance(place, dict) or last in place:
            raise ValueError(f"{name} meets another leaf of the state on its path")
        place[last] = array
    return tree


def to_host(tree: State) -> list[np.ndarray]:
    """Copies the leaves of `tree` to the host, typed keys as their integers.

    Where parts of a leaf lie in several processes, all of them have to call this.

    Example:
        >>> to_host({"key": jax.random.key(3), "rate": 0.5})
        [array([0, 3], dtype=uint32), array(0.5)]
    """
    return [
        gathered(jax.random.key_data(leaf) if _is_key(leaf) else leaf)
        for leaf in jax.tree.leaves(tree)
    ]


def from_host(arrays: list[np.ndarray], like: State) -> State:
    """Puts what `to_host` returned into the structure, leaf types and shardings of `like`.

    Example:
        >>> from_host([np.array(0.5), np.array(7)], {"rate": 0.1, "step": 0})
        {'rate': 0.5, 'step': 7}
    """
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


def _is_key(leaf: Any) -> bool:
    return hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _dtype(name: str, leaf: Any) -> str:
    """Names the dtype that `leaf` has, or that an array like it would get."""
    if _is_key(leaf):
        return str(leaf.dtype)
    dtype = np.dtype(leaf.dtype) if hasattr(leaf, "dtype") else np.asarray(leaf).dtype
    if isinstance(leaf, jax.ShapeDtypeStruct):
        dtype = jax.dtypes.canonicalize_dtype(dtype)  # int64 narrows unless JAX is told otherwise
    if not jnp.issubdtype(dtype, jnp.number) and dtype != np.bool_:
        raise TypeError(
            f"a checkpoint holds arrays and numbers: {name or 'the state'} is a "
            f"{type(leaf).__name__}"
        )
    return dtype.name
