import logging
import pathlib
import shutil
from typing import NamedTuple

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import optax
import pytest

from rnnjax.training.checkpoint import Checkpoints


class Params(NamedTuple):
    w: jax.Array
    b: jax.Array


class State(NamedTuple):
    params: Params
    moments: tuple
    key: jax.Array
    step: jax.Array


def make_state(seed):
    key = jax.random.key(seed)
    params = Params(jax.random.normal(key, (7, 5)), jnp.arange(5.0) + seed)
    return State(params, optax.adam(1e-3).init(params), jax.random.fold_in(key, 1), jnp.int32(seed))


def bits(tree):
    def leaf_bits(leaf):
        is_key = isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        array = np.asarray(jax.random.key_data(leaf) if is_key else leaf)
        return array.dtype.name, array.shape, array.tobytes()

    return [leaf_bits(leaf) for leaf in jax.tree.leaves(tree)]


def assert_same(found, expected):
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    assert bits(found) == bits(expected)


def save_all(folder, steps, best=None, values=None):
    with Checkpoints(folder, best=best) as checkpoints:
        for step, value in zip(steps, values or steps, strict=True):
            checkpoints.save(step, make_state(step), {"accuracy": value})
        return checkpoints.steps()


def test_an_empty_folder_has_nothing_to_restore(tmp_path):
    with Checkpoints(tmp_path / "checkpoints", best="accuracy") as checkpoints:
        assert checkpoints.steps() == []
        assert checkpoints.restore_latest(make_state(0)) is None
        assert checkpoints.restore_best(make_state(0)) is None


def test_the_newest_step_comes_back_bit_for_bit_in_another_manager(tmp_path):
    save_all(tmp_path, [10, 20])
    with Checkpoints(tmp_path) as checkpoints:
        step, state = checkpoints.restore_latest(make_state(0))
    assert step == 20
    assert_same(state, make_state(20))
    expected = jax.random.normal(make_state(20).key, (3,))
    assert jax.random.normal(state.key, (3,)).tolist() == expected.tolist()


def test_a_state_described_by_shapes_alone_restores_the_same(tmp_path):
    save_all(tmp_path, [10])
    with Checkpoints(tmp_path) as checkpoints:
        step, state = checkpoints.restore_latest(jax.eval_shape(lambda: make_state(0)))
    assert step == 10
    assert_same(state, make_state(10))
    assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(state))


def test_numpy_arrays_keep_their_dtype_and_bits(tmp_path):
    names = "float16 float32 float64 complex64 int8 int64 uint32 bool"
    dtypes = [np.dtype(ml_dtypes.bfloat16), *map(np.dtype, names.split())]
    large = [np.array([[0, 1, 100], [3, 2, 127]]).astype(dtype) for dtype in dtypes]
    state = {"array": large, "scalar": [array[1, 2] for array in large], "none": large[0][:0]}
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, state, {})
        _, found = checkpoints.restore_latest(state)
    assert_same(found, state)
    assert all(type(array) is np.ndarray for array in found["array"])
    found["array"][0][0, 0] = 1  # and they can be written


def test_large_integers_are_not_narrowed(tmp_path):
    state = {"count": np.array([2**40 + 1, -(2**62)])}
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, state, {})
        _, found = checkpoints.restore_latest(state)
        assert found["count"].tolist() == [2**40 + 1, -(2**62)]
        with pytest.raises(ValueError, match=r"int64\[2\] there and int32\[2\] here"):
            checkpoints.restore_latest({"count": jax.ShapeDtypeStruct((2,), np.int64)})


def test_bf16_nan_and_negative_zero_keep_their_bits(tmp_path):
    words = jnp.array([0x7FC1, 0x8000, 0xFF80, 0x0001], jnp.uint16)
    state = (jax.lax.bitcast_convert_type(words, jnp.bfloat16), jnp.array([jnp.nan, -0.0]))
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, state, {})
        _, found = checkpoints.restore_latest(state)
    assert jax.lax.bitcast_convert_type(found[0], jnp.uint16).tolist() == words.tolist()
    assert_same(found, state)


@pytest.mark.parametrize("impl", ["threefry2x32", "rbg", "unsafe_rbg"])
def test_batches_of_keys_of_every_generator_come_back(tmp_path, impl):
    keys = jax.random.split(jax.random.key(3, impl=impl), 4)
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, keys, {})
        for like in (keys, jax.ShapeDtypeStruct(keys.shape, keys.dtype)):
            _, found = checkpoints.restore_latest(like)
            assert found.dtype == keys.dtype
            assert_same(found, keys)


def test_empty_containers_numbers_and_arrays_without_elements_come_back(tmp_path):
    state = {"empty": (), "none": None, "list": [], "n": 3, "rate": 0.1, "on": True, "e": ()}
    state["without"] = jnp.zeros((0, 4), jnp.bfloat16)
    with Checkpoints(tmp_path) as checkpoints:
        checkpoints.save(1, state, {})
        _, found = checkpoints.restore_latest(state)
        checkpoints.save(2, (), {})
        assert checkpoints.restore_latest(()) == (2, ())
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
        checkpoints.save(1, state, {})
        _, found = checkpoints.restore_latest(state)
    assert found[0].sharding == sharding
    assert found[0].committed
    assert not found[1].committed
    assert_same(found, state)


def test_what_is_neither_array_nor_number_is_refused_by_name(tmp_path):
    with Checkpoints(tmp_path) as checkpoints:
        with pytest.raises(TypeError, match=r"\['name'\]\[0\] is a str"):
            checkpoints.save(1, {"name": ["LSTM"]}, {})
        assert checkpoints.steps() == []


@pytest.mark.parametrize(
    ("like", "message"),
    [
        (
            {"w": jnp.zeros((2, 4)), "b": jnp.zeros(3)},
            r"\['w'\] is float32\[2,3\] there and float32\[2,4\] here",
        ),
        (
            {"w": jnp.zeros((2, 3)), "b": jnp.zeros(3, jnp.bfloat16)},
            r"\['b'\] is float32\[3\] there and bfloat16\[3\] here",
        ),
        ({"w": jnp.zeros((2, 3))}, r"\['b'\] is float32\[3\] there and absent here"),
        (
            {"w": jnp.zeros((2, 3)), "b": jnp.zeros(3), "c": 1},
            r"\['c'\] is absent there and int64\[\] here",
        ),
        ((jnp.zeros((2, 3)), jnp.zeros(3)), r"\[0\] is absent there"),
    ],
)
def test_another_structure_shape_or_dtype_is_named(tmp_path, like, message):
    with Checkpoints(tmp_path, best="accuracy") as checkpoints:
        checkpoints.save(1, {"w": jnp.zeros((2, 3)), "b": jnp.zeros(3)}, {"accuracy": 1.0})
        with pytest.raises(ValueError, match=f"does not fit the state: {message}"):
            checkpoints.restore_latest(like)
        with pytest.raises(ValueError, match="does not fit the state"):
            checkpoints.restore_best(like)


def test_the_two_newest_and_the_best_are_kept(tmp_path):
    values = [0.1, 0.9, 0.5, 0.4, 0.9, 0.3, 0.2]
    assert save_all(tmp_path, range(1, 8), "accuracy", values) == [2, 6, 7]
    with Checkpoints(tmp_path, best="accuracy") as checkpoints:
        assert checkpoints.restore_best(make_state(0))[0] == 2
        checkpoints.save(8, make_state(8), {"accuracy": 0.8})
        assert checkpoints.steps() == [2, 7, 8]
        checkpoints.save(9, make_state(9), {"accuracy": 0.95})
        assert checkpoints.steps() == [8, 9]
        step, state = checkpoints.restore_best(make_state(0))
    assert step == 9
    assert_same(state, make_state(9))


def test_the_best_can_be_the_lowest(tmp_path):
    with Checkpoints(tmp_path, best="loss", higher_is_better=False) as checkpoints:
        for step, loss in enumerate([0.5, 0.1, 0.3, 0.2, 0.4]):
            checkpoints.save(step, make_state(step), {"loss": loss})
        assert checkpoints.steps() == [1, 3, 4]
        assert checkpoints.restore_best(make_state(0))[0] == 1


def test_a_step_without_the_metric_or_with_nan_is_never_the_best(tmp_path):
    with Checkpoints(tmp_path, best="accuracy") as checkpoints:
        checkpoints.save(1, make_state(1), {"accuracy": np.float32(0.1)})
        checkpoints.save(2, make_state(2), {"accuracy": float("nan")})
        checkpoints.save(3, make_state(3), {})
        checkpoints.save(4, make_state(4), {"loss": 9.0})
        assert checkpoints.steps() == [1, 3, 4]
        assert checkpoints.restore_best(make_state(0))[0] == 1
    with Checkpoints(tmp_path) as checkpoints:
        assert checkpoints.restore_best(make_state(0)) is None


def test_flipped_bits_in_the_arrays_send_it_to_the_step_before(tmp_path, caplog):
    state = {"w": jax.random.normal(jax.random.key(0), (128, 512))}
    with Checkpoints(tmp_path / "sound") as checkpoints:
        checkpoints.save(1, state, {})
        checkpoints.save(2, jax.tree.map(jnp.negative, state), {})
    files = (tmp_path / "sound" / "2" / "arrays").rglob("d/*")
    largest = max(files, key=lambda path: path.stat().st_size)
    size = largest.stat().st_size
    assert size > 0.8 * state["w"].nbytes
    for trial, bit in enumerate(np.random.default_rng(0).choice(8 * size, 10, replace=False)):
        folder = tmp_path / f"trial{trial}"
        shutil.copytree(tmp_path / "sound", folder)
        damaged = folder / largest.relative_to(tmp_path / "sound")
        data = bytearray(damaged.read_bytes())
        data[bit // 8] ^= 1 << (bit % 8)
        damaged.write_bytes(data)
        caplog.clear()
        with Checkpoints(folder) as checkpoints:
            step, found = checkpoints.restore_latest(state)
        assert step == 1, f"bit {bit} of {size} bytes"
        assert_same(found, state)
        assert [r.levelname for r in caplog.records] == ["WARNING"]
        assert f"skipping damaged checkpoint {folder / '2'}" in caplog.text


def test_sound_files_with_other_numbers_are_found_out_by_their_digest(tmp_path, caplog):
    state = {"b": jnp.arange(4.0), "w": jnp.ones((3, 2))}
    with Checkpoints(tmp_path / "a") as a, Checkpoints(tmp_path / "b") as b:
        a.save(1, state, {})
        b.save(1, state | {"w": state["w"].at[2, 1].set(np.nextafter(np.float32(1), 2))}, {})
        shutil.rmtree(tmp_path / "a" / "1" / "arrays")
        shutil.copytree(tmp_path / "b" / "1" / "arrays", tmp_path / "a" / "1" / "arrays")
        assert a.restore_latest(state) is None
    assert "the bits of ['w'] have changed" in caplog.text


@pytest.mark.parametrize("harm", ["truncate", "remove"])
@pytest.mark.parametrize("pattern", ["arrays/d/*", "arrays/manifest.ocdbt", "arrays/_METADATA",
                                     "record/metadata", "_CHECKPOINT_METADATA"])  # fmt: skip
def test_no_harm_to_any_file_restores_wrong_numbers(tmp_path, harm, pattern):
    save_all(tmp_path, [1, 2])
    for path in (tmp_path / "2").glob(pattern):
        data = path.read_bytes()
        path.unlink() if harm == "remove" else path.write_bytes(data[: len(data) // 2])
    with Checkpoints(tmp_path) as checkpoints:
        step, state = checkpoints.restore_latest(make_state(0))
    assert_same(state, make_state(step))
    assert step == 1 or "METADATA" in pattern


def test_a_record_that_has_changed_is_not_believed(tmp_path):
    save_all(tmp_path, [1, 2], "accuracy", [0.5, 0.25])
    path = tmp_path / "2" / "record" / "metadata"
    path.write_text(path.read_text().replace("0.25", "0.75"))
    with Checkpoints(tmp_path, best="accuracy") as checkpoints:
        assert checkpoints.restore_best(make_state(0))[0] == 1
        assert checkpoints.restore_latest(make_state(0))[0] == 1


def test_with_every_step_damaged_there_is_nothing_to_restore(tmp_path, caplog):
    save_all(tmp_path, [1, 2])
    for path in tmp_path.glob("*/record/metadata"):
        path.write_text("{}")
    with Checkpoints(tmp_path) as checkpoints:
        assert checkpoints.restore_latest(make_state(0)) is None
    assert len(caplog.records) == 2


def test_a_run_that_fell_back_saves_the_damaged_step_again(tmp_path):
    save_all(tmp_path, [1, 2, 3])
    (tmp_path / "3" / "record" / "metadata").write_text("")
    with Checkpoints(tmp_path) as checkpoints:
        assert checkpoints.restore_latest(make_state(0))[0] == 2
        checkpoints.save(3, make_state(33), {})
        assert checkpoints.steps() == [2, 3]
        step, state = checkpoints.restore_latest(make_state(0))
    assert step == 3
    assert_same(state, make_state(33))


def test_what_a_killed_save_leaves_is_no_step_and_is_cleaned_up(tmp_path):
    save_all(tmp_path, [1, 2])
    shutil.copytree(tmp_path / "2", tmp_path / "3.orbax-checkpoint-tmp")
    with Checkpoints(tmp_path) as checkpoints:
        assert checkpoints.steps() == [1, 2]
        checkpoints.save(3, make_state(3), {})
        assert checkpoints.steps() == [2, 3]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2", "3"]


def test_saving_and_restoring_print_and_log_nothing(tmp_path, capfd, caplog):
    with caplog.at_level(logging.DEBUG):
        save_all(tmp_path, [1, 2, 3])
        with Checkpoints(tmp_path) as checkpoints:
            checkpoints.restore_latest(make_state(0))
    assert capfd.readouterr() == ("", "")
    assert [r for r in caplog.records if "orbax" in pathlib.Path(r.pathname).parts] == []
