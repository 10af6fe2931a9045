"""What is saved comes back bit for bit, and what cannot be saved is refused."""

import hashlib
import json
import logging
import pathlib
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

from rnnjax.runs.checkpoint import Checkpoints, read_checkpoint
from tests.runs.states import assert_same, make_state, save_all


def test_an_empty_folder_has_nothing_to_restore(tmp_path):
    with Checkpoints(tmp_path / "checkpoints") as checkpoints:
        assert checkpoints.steps() == []
        assert checkpoints.restore_latest(make_state(0)) is None


def test_the_newest_step_comes_back_bit_for_bit_in_another_manager(tmp_path):
    save_all(tmp_path, [10, 20])
    with Checkpoints(tmp_path) as checkpoints:
        step, state, _ = checkpoints.restore_latest(make_state(0))
    assert step == 20
    assert_same(state, make_state(20))
    expected = jax.random.normal(make_state(20).key, (3,))
    assert jax.random.normal(state.key, (3,)).tolist() == expected.tolist()


def test_a_state_described_by_shapes_alone_restores_the_same(tmp_path):
    save_all(tmp_path, [10])
    with Checkpoints(tmp_path) as checkpoints:
        step, state, _ = checkpoints.restore_latest(jax.eval_shape(lambda: make_state(0)))
    assert step == 10
    assert_same(state, make_state(10))
    assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(state))


def test_numpy_arrays_keep_their_dtype_and_bits(tmp_path):
    names = "float16 float32 float64 complex64 int8 int64 uint32 bool"
    dtypes = [np.dtype(ml_dtypes.bfloat16), *map(np.dtype, names.split())]
    large = [np.array([[0, 1, 100], [3, 2, 127]]).astype(dtype) for dtype in dtypes]
    state = {"array": large, "scalar": [array[1, 2] for array in large], "none": large[0][:0]}
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, state)
        found = checkpoints.restore_latest(state).state
    assert_same(found, state)
    assert all(type(array) is np.ndarray for array in found["array"])
    found["array"][0][0, 0] = 1  # and they can be written


def test_large_integers_are_not_narrowed(tmp_path):
    state = {"count": np.array([2**40 + 1, -(2**62)])}
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, state)
        found = checkpoints.restore_latest(state).state
        assert found["count"].tolist() == [2**40 + 1, -(2**62)]
        with pytest.raises(ValueError, match=r"int64\[2\] there and int32\[2\] here"):
            checkpoints.restore_latest({"count": jax.ShapeDtypeStruct((2,), np.int64)})


def test_bf16_nan_and_negative_zero_keep_their_bits(tmp_path):
    words = jnp.array([0x7FC1, 0x8000, 0xFF80, 0x0001], jnp.uint16)
    state = (jax.lax.bitcast_convert_type(words, jnp.bfloat16), jnp.array([jnp.nan, -0.0]))
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, state)
        found = checkpoints.restore_latest(state).state
    assert jax.lax.bitcast_convert_type(found[0], jnp.uint16).tolist() == words.tolist()
    assert_same(found, state)


@pytest.mark.parametrize("impl", ["threefry2x32", "rbg", "unsafe_rbg"])
def test_batches_of_keys_of_every_generator_come_back(tmp_path, impl):
    keys = jax.random.split(jax.random.key(3, impl=impl), 4)
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, keys)
        for like in (keys, jax.ShapeDtypeStruct(keys.shape, keys.dtype)):
            found = checkpoints.restore_latest(like).state
            assert found.dtype == keys.dtype
            assert_same(found, keys)


def test_empty_containers_numbers_and_arrays_without_elements_come_back(tmp_path):
    state = {"empty": (), "none": None, "list": [], "n": 3, "rate": 0.1, "on": True, "e": ()}
    state["without"] = jnp.zeros((0, 4), jnp.bfloat16)
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, state)
        found = checkpoints.restore_latest(state).state
        checkpoints.save(2, ())
        assert checkpoints.restore_latest(()) == (2, (), {})
    without = found.pop("without")
    assert found == {k: v for k, v in state.items() if k != "without"}
    assert type(found["n"]) is int
    assert type(found["on"]) is bool
    assert (without.shape, without.dtype) == ((0, 4), jnp.bfloat16)


def test_arrays_come_back_where_the_state_has_them(tmp_path):
    mesh = jax.make_mesh((1,), ("batch",), axis_types=(jax.sharding.AxisType.Auto,))
    sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("batch"))
    state = (jax.device_put(jnp.arange(4.0), sharding), jnp.arange(3.0))
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, state)
        found = checkpoints.restore_latest(state).state
    assert found[0].sharding == sharding
    assert found[0].committed
    assert not found[1].committed
    assert_same(found, state)


def test_what_is_neither_array_nor_number_is_refused_by_name(tmp_path):
    with Checkpoints(tmp_path) as checkpoints:
        with pytest.raises(TypeError, match="name/0 is a str"):
            checkpoints.save(1, {"name": ["LSTM"]})
        assert checkpoints.steps() == []


@pytest.mark.parametrize(
    ("like", "message"),
    [
        (
            {"w": jnp.zeros((2, 4)), "b": jnp.zeros(3)},
            r"w is float32\[2,3\] there and float32\[2,4\] here",
        ),
        (
            {"w": jnp.zeros((2, 3)), "b": jnp.zeros(3, jnp.bfloat16)},
            r"b is float32\[3\] there and bfloat16\[3\] here",
        ),
        ({"w": jnp.zeros((2, 3))}, r"b is float32\[3\] there and absent here"),
        (
            {"w": jnp.zeros((2, 3)), "b": jnp.zeros(3), "c": 1},
            r"c is absent there and int64\[\] here",
        ),
        ((jnp.zeros((2, 3)), jnp.zeros(3)), "0 is absent there and float32"),
    ],
)
def test_another_structure_shape_or_dtype_is_named(tmp_path, like, message):
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, {"w": jnp.zeros((2, 3)), "b": jnp.zeros(3)})
        with pytest.raises(ValueError, match=f"does not fit the state: {message}"):
            checkpoints.restore_latest(like)
    with pytest.raises(ValueError, match=f"does not fit the state: {message}"):
        read_checkpoint(tmp_path, like)


def test_the_two_newest_are_kept(tmp_path):
    assert save_all(tmp_path, [1, 2, 3, 10]) == [3, 10]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["10", "3"]


def test_what_is_saved_beside_the_state_comes_back(tmp_path):
    extra = {"position": {"epoch": 2, "order": [3, 1]}, "file": "a.idx", "none": None}
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, make_state(1), extra)
        assert checkpoints.restore_latest(make_state(0)).extra == extra
        checkpoints.save(2, make_state(2))
        assert checkpoints.restore_latest(make_state(0)).extra == {}
        for wrong in ({"at": np.int32(3)}, {"at": float("nan")}):
            with pytest.raises(TypeError, match="JSON cannot hold what is saved beside the state"):
                checkpoints.save(3, make_state(3), wrong)
        assert checkpoints.steps() == [1, 2]


@pytest.mark.parametrize(
    "state", [{"a/b": 1, "a": {"b": 2}}, {"a": 1, "a/b": 2}, {"a.b": 1, "a": {"b": 2}}]
)
def test_leaves_that_would_be_stored_as_one_are_refused(tmp_path, state):
    with Checkpoints(tmp_path) as checkpoints:
        with pytest.raises(ValueError, match=r"a.b"):
            checkpoints.save(1, state)
        assert list(tmp_path.iterdir()) == []


def test_several_threads_save_into_several_folders(tmp_path):
    def save(index):
        with Checkpoints(tmp_path / str(index)) as checkpoints:
            for step in (1, 2):
                checkpoints.save(step, {"w": np.full(1000, 10 * index + step)})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(save, range(8)))
        found = list(pool.map(lambda index: read_checkpoint(tmp_path / str(index)), range(8)))
    for index, (step, state) in enumerate(found):
        assert step == 2
        assert (state["w"] == 10 * index + 2).all()


def test_a_tilde_is_the_home_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    save_all("~/run", [1])
    assert (tmp_path / "run" / "1").is_dir()
    assert read_checkpoint("~/run", prefix="step") == (1, 1)


def test_saving_and_restoring_print_and_log_nothing(tmp_path, capfd, caplog):
    with caplog.at_level(logging.DEBUG):
        save_all(tmp_path, [1, 2, 3])
        with Checkpoints(tmp_path) as checkpoints:
            checkpoints.restore_latest(make_state(0))
    assert capfd.readouterr() == ("", "")
    assert [r for r in caplog.records if "orbax" in pathlib.Path(r.pathname).parts] == []


NAMES = (
    *("a[1]", "[!a]*", "a?b", "{a,b}", "a b", "a%41", "a#b", "a|b", "a;b", "$HOME", "~", "-a"),
    *("gs:", "a:b", "a\\b", "'a\"", "a\nb", "\u00e4\u4e2d\U0001f600", "e\u0301"),
)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_folder_may_have_any_name(tmp_path, name, caplog):
    state, folder = {"cell/w": jnp.arange(3.0), "b": 2}, tmp_path / name / "checkpoints"
    with Checkpoints(folder) as checkpoints:
        checkpoints.save(1, state)
    with Checkpoints(folder) as checkpoints:
        step, found, _ = checkpoints.restore_latest(state)
    assert step == 1
    assert_same(found, state)
    assert read_checkpoint(folder, prefix="b") == (1, 2)
    assert caplog.records == []
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_would_not_come_back_is_not_saved(tmp_path, monkeypatch):
    state = {"w": jnp.ones(3)}
    with Checkpoints(tmp_path / "c") as checkpoints:
        monkeypatch.setattr(checkpoints._files._handler, "finalize", lambda folder: None)
        with pytest.raises(RuntimeError, match=r"a save in .*/c does not come back: w cannot be"):
            checkpoints.save(1, state)
        assert checkpoints.steps() == []


def test_a_step_of_a_later_format_is_refused_and_one_without_a_number_is_read(tmp_path):
    state = {"w": jnp.ones(3)}
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, state)
    file = tmp_path / "1" / "record.json"
    written = json.loads(file.read_text())
    for number in (2, None):
        record = {k: v for k, v in written.items() if k not in ("digest", "format")}
        record |= {} if number is None else {"format": number}
        digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
        file.write_text(json.dumps(record | {"digest": digest}))
        if number is None:
            step, found = read_checkpoint(tmp_path, state)
            assert step == 1
            assert_same(found, state)
        else:
            with pytest.raises(ValueError, match=r"has format 2, and this version .* format 1"):
                read_checkpoint(tmp_path, state)


def test_what_is_kept_depends_on_the_steps_alone(tmp_path):
    """Saved between evaluations, a step is kept until the next save; so it is after a kill."""
    for killed in (False, True):
        with Checkpoints(tmp_path / str(killed), lasts=lambda step: step % 10 == 0) as checkpoints:
            for step, kept in ((10, [10]), (13, [10, 13]), (20, [10, 20]), (25, [10, 20, 25])):
                with pytest.MonkeyPatch.context() as patch:
                    if killed:
                        patch.setattr(checkpoints, "_forget", lambda newest: None)
                    checkpoints.save(step, {"w": step})
                if killed:
                    assert checkpoints.restore_latest({"w": 0})[0] == step
                assert checkpoints.steps() == kept
