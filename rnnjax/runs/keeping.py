"""Members as checkpoints hold them: leaves named by what they are, one run or a population."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.training.loop import Best, Members
from rnnjax.training.state import TrainState

Tree = dict[str, Any]


def as_tree(members: Members, *, alone: bool) -> Tree:
    """Returns what a checkpoint holds.

    Args:
        members: E of them, perhaps with padding after them.
        alone: whether there is one, whose leaves then have no axis for members.
    """
    count = len(members.ended)
    tree = {
        **members.state._asdict(),
        "best": members.best._asdict(),
        "ended": members.ended,
    }
    step = tree.pop("step")
    tree = jax.tree.map(lambda leaf: leaf[0] if alone else leaf[:count], tree)
    return {"step": step, **jax.tree.map(_without_type, tree)}


def member_of(tree: Tree, index: int) -> Tree:
    """Returns one member of what a population's checkpoint holds, as its own would hold it."""
    rest = {name: part for name, part in tree.items() if name != "step"}
    own = jax.tree.map(lambda leaf: np.asarray(leaf)[index], rest)
    return {"step": np.int32(abs(int(own["ended"])) or int(tree["step"])), **own}


def stacked(trees: Sequence[Tree]) -> Tree:
    """Returns what a population's checkpoint would hold.

    Args:
        trees: of members that have come equally far, but for those that have ended.
    """
    rest = [{name: part for name, part in tree.items() if name != "step"} for tree in trees]
    return {
        "step": np.int32(max(int(tree["step"]) for tree in trees)),
        **jax.tree.map(lambda *leaves: np.stack(list(map(np.asarray, leaves))), *rest),
    }


def as_members(tree: Tree, like: Members) -> Members:
    """Returns members again, padded as `like` is.

    Args:
        tree: of `as_tree`.
        like: what it was before.
    """
    alone = np.ndim(tree["ended"]) == 0
    padded = len(jax.tree.leaves(like.state.params)[0])

    def grow(leaf: Any) -> np.ndarray:
        leaf = np.asarray(leaf)[None] if alone else np.asarray(leaf)
        return leaf[np.minimum(np.arange(padded), len(leaf) - 1)]

    count = len(like.ended)
    fields = {name: jax.tree.map(grow, tree[name]) for name in TrainState._fields[1:]}
    best = Best(
        jax.tree.map(grow, tree["best"]["params"]),
        grow(tree["best"]["metric"])[:count],
        grow(tree["best"]["step"])[:count],
    )
    state = TrainState(step=tree["step"], **fields)
    found = Members(state, best, grow(tree["ended"])[:count])
    return jax.tree.map(_typed, found, like)


def _without_type(leaf: Any) -> Any:
    """Returns what a typed key, such as an optimizer's noise has, is made of; all else as it is."""
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _typed(leaf: Any, like: Any) -> Any:
    if not _is_key(like):
        return leaf
    return jax.random.wrap_key_data(jnp.asarray(leaf), impl=jax.random.key_impl(like))


def _is_key(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
