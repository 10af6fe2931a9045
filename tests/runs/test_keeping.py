"""Members as checkpoints hold them."""

import jax
import numpy as np
import pytest

from rnnjax.runs.keeping import as_members, as_tree, member_of, stacked
from rnnjax.training.loop import Best, Members
from rnnjax.training.state import TrainState
from tests.laws.draws import assert_identical, normal
from tests.training import small


def members(count, padding=0, *, step=8, ended=None):
    """Returns members, with copies of the last one after them as padding."""
    rows = np.minimum(np.arange(count + padding), count - 1)

    def draw(seed, *shape):
        return normal(seed, (count, *shape))[rows]

    params = {"w": draw(0, 2, 3), "b": draw(1, 3)}
    state = TrainState(
        step=np.array(step, np.int32),
        params=params,
        opt_state=({"mu": draw(2, 2, 3)}, jax.vmap(jax.random.key)(np.arange(count)[rows])),
        carry=(),
        average=jax.tree.map(lambda leaf: leaf / 2, params),
    )
    best = Best(
        jax.tree.map(lambda leaf: leaf * 3, params),
        np.linspace(0, 1, count, dtype=np.float32),
        np.arange(count, dtype=np.int32),
    )
    if ended is None:
        ended = np.zeros(count)
    return Members(state, best, np.asarray(ended, np.int32))


def assert_same(found, wanted):
    """Compares members, among whose leaves are typed keys."""
    dtypes = [jax.tree.map(lambda leaf: str(leaf.dtype), each) for each in (found, wanted)]
    assert dtypes[0] == dtypes[1]
    assert_identical(*(jax.tree.map(small.without_type, each) for each in (found, wanted)))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("padding", [0, 2])
def test_members_come_back_from_a_tree_padded_as_they_were(count, padding):
    before = members(count, padding)
    tree = as_tree(before, alone=False)
    tree = jax.tree.map(np.asarray, tree)  # as it is read
    assert {len(leaf) for leaf in jax.tree.leaves({**tree, "step": ()})} == {count}
    assert_same(as_members(tree, before), before)
    other = members(count, 5)  # as on another number of devices
    again = as_members(tree, other)
    assert jax.tree.map(np.shape, again) == jax.tree.map(np.shape, other)
    assert_identical(as_tree(again, alone=False), tree)


def test_one_alone_has_no_axis_for_members():
    before = members(1, 3)
    tree = as_tree(before, alone=True)
    assert {np.shape(leaf) for leaf in jax.tree.leaves(tree)} == {(), (2,), (3,), (2, 3)}
    assert_same(as_members(tree, before), before)
    assert set(tree) == {"step", "params", "opt_state", "carry", "average", "best", "ended"}
    assert tree["best"].keys() == {"params", "metric", "step"}


def test_a_member_is_kept_as_its_run_alone_keeps_it_at_the_step_where_it_ended():
    whole = members(3, 1, step=8, ended=[0, 6, -4])
    trees = [member_of(as_tree(whole, alone=False), index) for index in range(3)]
    assert [int(tree["step"]) for tree in trees] == [8, 6, 4]
    for index, tree in enumerate(trees):
        one = jax.tree.map(lambda leaf, i=index: leaf[i : i + 1], (whole.state[1:], whole.best))
        state = TrainState(np.array((8, 6, 4)[index], np.int32), *one[0])
        alone = Members(state, one[1], whole.ended[index : index + 1])
        wanted = as_tree(alone, alone=True)
        assert_identical(jax.tree.map(np.asarray, tree), jax.tree.map(np.asarray, wanted))
    together = stacked(trees)
    wanted = jax.tree.map(np.asarray, as_tree(whole, alone=False))
    assert_identical(jax.tree.map(np.asarray, together), wanted)
