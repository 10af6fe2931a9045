"""What is written is stored, in an order in which nothing that counts can be lost."""

import errno
import os
import pathlib

import jax.numpy as jnp
import pytest

from rnnjax.runs import durable
from rnnjax.runs.checkpoint import Checkpoints


@pytest.fixture
def order(monkeypatch):
    """Returns the names of what is synced, renamed and replaced, in turn."""
    done = []

    def noting(module, name):
        function = getattr(module, name)

        def noted(path, *rest):
            done.append((name, pathlib.Path(path).name))
            return function(path, *rest)

        monkeypatch.setattr(module, name, noted)

    noting(durable, "_sync")
    noting(os, "rename")
    noting(os, "replace")
    return done


def test_a_file_is_stored_before_it_has_its_name_and_then_its_folder(tmp_path, order):
    durable.write_text(tmp_path / "a.json", "{}")
    folder = tmp_path.name
    assert order == [("_sync", "a.json.tmp"), ("replace", "a.json.tmp"), ("_sync", folder)]
    assert (tmp_path / "a.json").read_text() == "{}"


def test_a_checkpoint_is_stored_before_it_has_its_name_and_before_others_go(tmp_path, order):
    with Checkpoints(tmp_path / "c") as checkpoints:
        for step in (1, 2, 3):
            del order[:]
            checkpoints.save(step, {"w": jnp.ones(3)})
    begun = order.index(("rename", "3.orbax-checkpoint-tmp"))
    written = {name for kind, name in order[:begun] if kind == "_sync"}
    assert {"record.json", "manifest.ocdbt", "_METADATA", "state", "d"} <= written
    assert order[begun + 1] == ("_sync", "c")
    assert order.index(("rename", "1")) > begun + 1


def test_files_that_are_not_synced_wait_for_nothing(tmp_path, order):
    durable.write_text(tmp_path / "a", "1", synced=False)
    with Checkpoints(tmp_path / "c") as checkpoints:
        del order[:]
        checkpoints.save(1, {"w": jnp.ones(3)}, synced=False)
    assert "_sync" not in [kind for kind, _ in order]


def test_where_a_disk_is_full_the_old_file_stays(tmp_path, monkeypatch):
    durable.write_text(tmp_path / "a", "old")

    def full(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(durable, "_sync", full)
    with pytest.raises(OSError, match="No space left"):
        durable.write_text(tmp_path / "a", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


@pytest.mark.parametrize(("number", "passes"), [(errno.EINVAL, True), (errno.EIO, False)])
def test_a_file_system_that_cannot_sync_is_no_failure_and_a_broken_disk_is(
    tmp_path, monkeypatch, number, passes
):
    (tmp_path / "a").touch()

    def failing(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", failing)
    if passes:
        durable.sync(tmp_path / "a")
    else:
        with pytest.raises(OSError, match="Input/output"):
            durable.sync(tmp_path / "a")
