"""Outputs that are a part of the state stay so when the state is changed."""

from typing import Any

import jax

from rnnjax.typing import State


def following(y: Any, after: State, changed: State) -> Any:
    """Returns `y` with each array that is one of `after` replaced by its like of `changed`.

    Most cells' output is their state, `y_t = h_t`; what changes `h_t` then changes `y_t`.

    Example:
        >>> h = jax.numpy.ones(2)
        >>> following(h, (h,), (3 * h,))
        Array([3., 3.], dtype=float32)
    """
    if changed is after:
        return y
    pairs = list(zip(jax.tree.leaves(after), jax.tree.leaves(changed), strict=True))
    return jax.tree.map(lambda leaf: next((new for old, new in pairs if old is leaf), leaf), y)
