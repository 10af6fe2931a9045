"""Parameters by name: nested dicts, as Flax and the tools around it keep them."""

from collections.abc import Mapping
from typing import Any

import jax

from rnnjax.typing import Params


def to_names(params: Params) -> Any:
    """Returns a pytree of arrays as nested dicts: `{"cell": {"w_x": ...}, "initial": ...}`.

    The entries of a NamedTuple go by their fields, those of a tuple by "0", "1", ... An array alone
    is left as it is.

    Args:
        params: a cell's parameters.

    Example:
        >>> from rnnjax.cells import GatedParams
        >>> to_names((GatedParams(w_x=1.0, w_h=2.0, b=3.0), 4.0))
        {'0': {'w_x': 1.0, 'w_h': 2.0, 'b': 3.0}, '1': 4.0}
    """
    named: dict[str, Any] = {}
    for path, leaf in jax.tree.leaves_with_path(params):
        if not path:
            return leaf
        *above, last = map(_name, path)
        at = named
        for name in above:
            at = at.setdefault(name, {})
        at[last] = leaf
    return named


def from_names(named: Any, like: Params) -> Params:
    """Undoes `to_names`.

    Args:
        named: nested dicts, in any order.
        like: a pytree of the structure that is wanted, such as
            `jax.eval_shape(lambda key: cell.init(key, input_dim), key)`.

    Returns:
        The leaves of `named` in the structure of `like`.

    Raises:
        ValueError: if a name is missing, or one is not among those of `like`.

    Example:
        >>> from rnnjax.cells import GatedParams
        >>> like = (GatedParams(w_x=0, w_h=0, b=0), 0)
        >>> from_names({"1": 4.0, "0": {"b": 3.0, "w_h": 2.0, "w_x": 1.0}}, like)
        (GatedParams(w_x=1.0, w_h=2.0, b=3.0), 4.0)
    """
    found = _flat(named)
    wanted, structure = jax.tree.flatten_with_path(like)
    paths = [tuple(map(_name, path)) for path, _ in wanted]
    if set(found) != set(paths):
        missing, unknown = (
            sorted(map("/".join, some)) for some in ({*paths} - {*found}, {*found} - {*paths})
        )
        raise ValueError(
            f"parameters by name do not fit: missing {missing}, not among them {unknown}"
        )
    return jax.tree.unflatten(structure, [found[path] for path in paths])


def _flat(named: Any, *above: str) -> dict[tuple[str, ...], Any]:
    """Returns the leaves by their paths; whatever is no dict is one."""
    if not isinstance(named, Mapping):
        return {above: named}
    found = {}
    for name, value in named.items():
        found |= _flat(value, *above, str(name))
    return found


def _name(entry: Any) -> str:
    """Returns what an entry of a path goes by: a field, a key or a position."""
    for kind in ("name", "key", "idx"):
        if hasattr(entry, kind):
            return str(getattr(entry, kind))
    return str(entry)
