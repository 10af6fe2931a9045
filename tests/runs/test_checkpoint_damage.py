"""Damage to a checkpoint never comes back as numbers."""

import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.runs.checkpoint import Checkpoints
from tests.runs.states import assert_same, make_state, save_all


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
