import logging
import pathlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import optax
import orbax.checkpoint as ocp
import pytest

from rnnjax.runs.checkpoint import Checkpoints, read_checkpoint


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


def save_all(folder, steps):
    with Checkpoints(folder) as checkpoints:
        for step in steps:
            checkpoints.save(step, make_state(step))
        return checkpoints.steps()


def snapshot(folder):
    return {str(path): path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}


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


def test_flipped_bits_in_the_arrays_send_it_to_the_step_before(tmp_path, caplog):
    state = {"w": jax.random.normal(jax.random.key(0), (128, 512))}
    with Checkpoints(tmp_path / "sound") as checkpoints:
        checkpoints.save(1, state)
        checkpoints.save(2, jax.tree.map(jnp.negative, state))
    files = (tmp_path / "sound" / "2" / "state").rglob("d/*")
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
            step, found, _ = checkpoints.restore_latest(state)
        assert step == 1, f"bit {bit} of {size} bytes"
        assert_same(found, state)
        assert [r.levelname for r in caplog.records] == ["WARNING"]
        assert f"skipping damaged checkpoint {folder / '2'}" in caplog.text


def test_sound_files_with_other_numbers_are_found_out_by_their_digest(tmp_path, caplog):
    state = {"b": jnp.arange(4.0), "w": jnp.ones((3, 2))}
    with Checkpoints(tmp_path / "a") as a, Checkpoints(tmp_path / "b") as b:
        a.save(1, state)
        b.save(1, state | {"w": state["w"].at[2, 1].set(np.nextafter(np.float32(1), 2))})
        shutil.rmtree(tmp_path / "a" / "1" / "state")
        shutil.copytree(tmp_path / "b" / "1" / "state", tmp_path / "a" / "1" / "state")
        assert a.restore_latest(state) is None
    assert "the bits of w have changed" in caplog.text


@pytest.mark.parametrize("harm", ["truncate", "remove"])
@pytest.mark.parametrize(
    "pattern", ["state/d/*", "state/manifest.ocdbt", "state/_METADATA", "record.json"]
)
def test_no_harm_to_any_file_restores_wrong_numbers(tmp_path, harm, pattern):
    save_all(tmp_path, [1, 2])
    paths = list((tmp_path / "2").glob(pattern))
    assert paths
    for path in paths:
        data = path.read_bytes()
        path.unlink() if harm == "remove" else path.write_bytes(data[: len(data) // 2])
    with Checkpoints(tmp_path) as checkpoints:
        step, state, _ = checkpoints.restore_latest(make_state(0))
    assert_same(state, make_state(step))
    assert step == 1 or "METADATA" in pattern


@pytest.mark.parametrize("text", ['"shape": []', '"position": 20'])
def test_a_record_that_has_changed_is_not_believed(tmp_path, caplog, text):
    with Checkpoints(tmp_path) as checkpoints:
        for step in (10, 20):
            checkpoints.save(step, jnp.float32(step), {"position": step})
        path = tmp_path / "20" / "record.json"
        changed = path.read_text().replace(text, text.replace("[]", "[1]").replace("20", "21"))
        assert changed != path.read_text()
        path.write_text(changed)
        assert checkpoints.restore_latest(jnp.float32(0)) == (10, 10.0, {"position": 10})
    assert "its record has changed" in caplog.text


def test_with_every_step_damaged_there_is_nothing_to_restore(tmp_path, caplog):
    save_all(tmp_path, [1, 2])
    for path in tmp_path.glob("*/record.json"):
        path.write_text("{}")
    with Checkpoints(tmp_path) as checkpoints:
        assert checkpoints.restore_latest(make_state(0)) is None
    assert len(caplog.records) == 2


def test_a_run_that_fell_back_saves_the_damaged_step_again(tmp_path):
    save_all(tmp_path, [1, 2, 3])
    (tmp_path / "3" / "record.json").write_text("")
    with Checkpoints(tmp_path) as checkpoints:
        assert checkpoints.restore_latest(make_state(0)).step == 2
        checkpoints.save(3, make_state(33))
        assert checkpoints.steps() == [2, 3]
        step, state, _ = checkpoints.restore_latest(make_state(0))
    assert step == 3
    assert_same(state, make_state(33))


def test_what_a_killed_save_leaves_is_no_step_and_is_cleaned_up(tmp_path):
    save_all(tmp_path, [1, 2])
    shutil.copytree(tmp_path / "2", tmp_path / "3.orbax-checkpoint-tmp")
    with Checkpoints(tmp_path) as checkpoints:
        assert checkpoints.steps() == [1, 2]
        checkpoints.save(3, make_state(3))
        assert checkpoints.steps() == [2, 3]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2", "3"]


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
