"""Others read checkpoints at any time, and disturb nothing."""

import shutil

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import orbax.checkpoint as ocp
import pytest

from rnnjax.runs.checkpoint import Checkpoints, read_checkpoint
from tests.runs.states import assert_same, make_state, save_all, snapshot


def test_orbax_alone_finds_the_arrays_by_the_paths_of_the_leaves(tmp_path):
    save_all(tmp_path, [1, 2])
    found = ocp.PyTreeCheckpointer().restore(tmp_path / "2" / "state")
    state = make_state(2)
    moments = {"w": np.zeros((7, 5)), "b": np.zeros(5)}
    expected = {
        "params": {"w": np.asarray(state.params.w), "b": np.arange(5.0) + 2},
        "moments": {"0": {"count": 0, "mu": moments, "nu": moments}},
        "key": np.asarray(jax.random.key_data(state.key)),
        "step": 2,
    }
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    assert jax.tree.all(jax.tree.map(np.array_equal, found, expected))


def test_a_reader_without_the_state_gets_nested_dicts_of_arrays(tmp_path):
    keys = jax.random.split(jax.random.key(3), 2)
    state = {
        "net": {"w": jnp.ones((2, 3), jnp.bfloat16), "none": None, "e": np.zeros((0, 4), np.int8)},
        "seq": (keys, 0.5),
        "no_keys": keys[:0],
    }
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(7, state)
    step, found = read_checkpoint(tmp_path)
    expected = {
        "net": {"w": np.ones((2, 3), ml_dtypes.bfloat16), "e": np.zeros((0, 4), np.int8)},
        "seq": {"0": np.asarray(jax.random.key_data(keys)), "1": np.array(0.5)},
        "no_keys": np.zeros((0, 2), np.uint32),
    }
    assert step == 7
    assert_same(found, expected)
    assert all(type(leaf) is np.ndarray for leaf in jax.tree.leaves(found))


def test_a_reader_with_the_state_gets_the_like_of_it(tmp_path):
    save_all(tmp_path, [1, 2])
    step, found = read_checkpoint(tmp_path, jax.eval_shape(lambda: make_state(0)))
    assert step == 2
    assert_same(found, make_state(2))


@pytest.mark.parametrize("prefix", ["best/params", "/best/params/", "best/params/w", "best/p"])
def test_a_reader_of_a_part_reads_and_checks_that_part_alone(tmp_path, monkeypatch, prefix):
    params = {"w": jnp.arange(6.0).reshape(2, 3), "b": jnp.ones(3)}
    state = {"params": params, "best": {"params": params, "p": jnp.float32(7)}}
    for name, saved in [("sound", state), ("other", state | {"params": {"w": 0.5, "b": 0.5}})]:
        with Checkpoints(tmp_path / name) as checkpoints:
            checkpoints.save(1, saved)
    shutil.rmtree(tmp_path / "sound" / "1" / "state")
    shutil.copytree(tmp_path / "other" / "1" / "state", tmp_path / "sound" / "1" / "state")
    with pytest.raises(ValueError, match="holds no checkpoint that can be read"):
        read_checkpoint(tmp_path / "sound")

    asked, restore = [], ocp.PyTreeCheckpointHandler.restore

    def spy(self, directory, args):
        asked.extend(jax.tree_util.keystr(path) for path, _ in jax.tree.leaves_with_path(args.item))
        return restore(self, directory, args=args)

    monkeypatch.setattr(ocp.PyTreeCheckpointHandler, "restore", spy)
    part = state["best"]
    for key in prefix.strip("/").split("/")[1:]:
        part = part[key]
    step, found = read_checkpoint(tmp_path / "sound", prefix=prefix)
    assert step == 1
    assert_same(found, jax.tree.map(np.asarray, part))
    assert len(asked) == len(jax.tree.leaves(part))
    assert all(name.startswith("['best']['p") for name in asked)
    assert_same(read_checkpoint(tmp_path / "sound", part, prefix=prefix)[1], part)


def test_a_reader_is_told_what_there_is_instead_of_what_it_asked_for(tmp_path):
    save_all(tmp_path / "run", [1])
    (tmp_path / "empty").mkdir()
    before = snapshot(tmp_path)
    with pytest.raises(ValueError, match=r"nothing named best: it has params, moments, key, step$"):
        read_checkpoint(tmp_path / "run", prefix="best")
    with pytest.raises(ValueError, match=r"there is no folder /.*/rum to read"):
        read_checkpoint(tmp_path / "rum")
    with pytest.raises(ValueError, match=r"/empty holds no checkpoint that can be read$"):
        read_checkpoint(tmp_path / "empty")
    assert snapshot(tmp_path) == before


def test_a_reader_in_the_middle_of_a_save_sees_the_step_before_and_disturbs_nothing(
    tmp_path, monkeypatch
):
    seen, finalize = [], ocp.PyTreeCheckpointHandler.finalize

    def read_and_finalize(self, directory):
        before = snapshot(tmp_path)
        seen.append(read_checkpoint(tmp_path, make_state(0)))
        assert snapshot(tmp_path) == before
        assert any(name.endswith("-tmp") for name in before)
        finalize(self, directory)

    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, make_state(1))
        monkeypatch.setattr(ocp.PyTreeCheckpointHandler, "finalize", read_and_finalize)
        checkpoints.save(2, make_state(2))
    assert [step for step, _ in seen] == [1]
    assert_same(seen[0][1], make_state(1))
    step, state = read_checkpoint(tmp_path, make_state(0))
    assert step == 2
    assert_same(state, make_state(2))


def test_a_reader_whose_step_is_deleted_goes_on_to_the_newest(tmp_path, monkeypatch, caplog):
    restore = ocp.PyTreeCheckpointHandler.restore
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, make_state(1))
        later = [2, 3]

        def save_and_restore(self, directory, args):
            while later:
                step = later.pop(0)
                checkpoints.save(step, make_state(step))
            return restore(self, directory, args=args)

        monkeypatch.setattr(ocp.PyTreeCheckpointHandler, "restore", save_and_restore)
        step, state = read_checkpoint(tmp_path, make_state(0))
    assert step == 3
    assert_same(state, make_state(3))
    assert caplog.records == []
