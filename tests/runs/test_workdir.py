import errno
import fcntl
import json
import math
import multiprocessing
import os
import pathlib
import signal

import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.runs.workdir import (
    WorkdirError,
    folder_of,
    open_workdir,
    write_json,
)

CONFIG = {"cell": "LSTM(128)", "learning_rate": 1e-3, "steps": 100}
ENV = {"python": "3.11.9", "seed": 0}


def open_run(path, config=CONFIG, env=ENV):
    return open_workdir(path, flags="--steps=100\n", config=config, env=env)


def snapshot(folder):
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_a_new_workdir_holds_flags_config_and_environment(tmp_path):
    with open_run(tmp_path / "a" / "run") as folder:
        assert folder == tmp_path / "a" / "run"
        assert (folder / "flags.txt").read_text() == "--steps=100\n"
        assert json.loads((folder / "config.json").read_text()) == CONFIG
        assert list(json.loads((folder / "config.json").read_text())) == list(CONFIG)
        assert json.loads((folder / "env.json").read_text()) == ENV
        assert not list(folder.glob("*.tmp"))


def test_the_path_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with open_run("run") as folder:
        assert folder == tmp_path / "run"


def test_a_run_of_the_same_settings_is_resumed_and_left_as_it_is(tmp_path):
    config = CONFIG | {"shape": (28, 28), "limit": math.inf}
    with open_run(tmp_path / "run", config) as folder:
        (folder / "metrics.jsonl").write_text("kept")
    before = snapshot(tmp_path)
    with open_run(tmp_path / "run", config):
        assert snapshot(tmp_path) == before


def test_other_settings_are_named_with_both_values_and_nothing_is_changed(tmp_path):
    with open_run(tmp_path / "run"):
        pass
    before = snapshot(tmp_path)
    other = {"cell": "GRU(64)", "steps": 100, "clip_norm": 1.0}
    with pytest.raises(WorkdirError) as caught, open_run(tmp_path / "run", other):
        pass
    message = str(caught.value)
    assert 'cell is "LSTM(128)" there, "GRU(64)" here' in message
    assert "learning_rate is 0.001 there, not set here" in message
    assert "clip_norm is not set there, 1.0 here" in message
    assert "steps is" not in message
    assert "\n" not in message
    assert snapshot(tmp_path) == before


def reopen(path, config, changeable, flags="--steps=200\n"):
    with open_workdir(path, flags=flags, config=config, env=ENV, changeable=changeable) as folder:
        return folder


def test_what_may_change_is_written_anew_and_is_then_what_counts(tmp_path):
    with open_run(tmp_path / "run") as folder:
        pass
    longer = CONFIG | {"steps": 200}
    with pytest.raises(WorkdirError, match="steps is 100 there, 200 here"):
        reopen(folder, longer, frozenset({"learning_rate"}))
    assert (folder / "flags.txt").read_text() == "--steps=100\n"
    reopen(folder, longer, frozenset({"steps", "eval_every"}))
    assert json.loads((folder / "config.json").read_text()) == longer
    assert list(json.loads((folder / "config.json").read_text())) == list(longer)
    assert (folder / "flags.txt").read_text() == "--steps=200\n"
    before = snapshot(folder)
    reopen(folder, longer, frozenset({"steps"}))
    assert snapshot(folder) == before


def test_another_setting_beside_one_that_may_change_changes_nothing(tmp_path):
    with open_run(tmp_path / "run") as folder:
        pass
    before = snapshot(folder)
    with pytest.raises(WorkdirError, match=r"other settings: cell is .*GRU\(4\)\" here$"):
        reopen(folder, CONFIG | {"steps": 200, "cell": "GRU(4)"}, frozenset({"steps"}))
    assert snapshot(folder) == before


def test_nothing_is_written_anew_while_another_process_has_the_folder(tmp_path):
    with open_run(tmp_path / "run") as folder:
        before = snapshot(folder)
        with pytest.raises(WorkdirError, match="another process is using it"):
            reopen(folder, CONFIG | {"steps": 200}, frozenset({"steps"}))
        assert snapshot(folder) == before


def test_a_tilde_is_a_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert folder_of("~/run") == tmp_path / "run"
    with open_run("~/run") as folder:
        assert folder == tmp_path / "run"
    with pytest.raises(WorkdirError, match="~nobody-of-this-name/run: there is no such user"):
        folder_of("~nobody-of-this-name/run")


def test_devices_are_compared_where_both_sides_name_a_number(tmp_path):
    home = tmp_path / "run"
    with open_run(home, CONFIG | {"devices": 2}):  # as the machine's own was written once, too
        pass
    with pytest.raises(WorkdirError, match=r"other settings: devices is 2 there, 1 here$"):
        reopen(home, CONFIG | {"devices": 1}, frozenset())
    for number in (None, 4):  # left to the machine, and then asked for
        reopen(home, CONFIG | {"devices": number}, frozenset())
        assert json.loads((home / "config.json").read_text())["devices"] == number
    with pytest.raises(WorkdirError, match=r"other settings: devices is 4 there, 1 here$"):
        reopen(home, CONFIG | {"devices": 1}, frozenset())


def test_flags_that_are_spelled_otherwise_are_written_anew(tmp_path):
    with open_run(tmp_path / "run") as folder:
        pass
    (folder / "flags.txt").write_bytes(b"--data_dir=/another/mount\xff")
    reopen(folder, CONFIG, frozenset(), flags="--data_dir=/here\n")
    assert (folder / "flags.txt").read_text() == "--data_dir=/here\n"


def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(WorkdirError, match="not empty and holds no run"), open_run(tmp_path):
        pass
    assert list(snapshot(tmp_path)) == ["thesis.tex"]


@pytest.mark.parametrize("text", ["{", "[1, 2]"])
def test_a_config_that_cannot_be_read_is_refused_by_name(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(WorkdirError, match=r"config\.json"), open_run(tmp_path):
        pass
    assert list(snapshot(tmp_path)) == ["config.json"]


def test_a_file_is_no_workdir(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(WorkdirError, match="is a file, not a folder"), open_run(tmp_path / "run"):
        pass
    with pytest.raises(WorkdirError, match="cannot be written"), open_run(tmp_path / "run" / "a"):
        pass


def test_a_path_that_cannot_be_made_leaves_no_parents_behind(tmp_path):
    name = "x" * 300
    with pytest.raises(WorkdirError, match="cannot be written"), open_run(tmp_path / "a" / name):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_for_the_last_part_leaves_no_parents_behind(
    tmp_path, monkeypatch
):
    def refuse(self, mode=0o777, parents=False, exist_ok=False):
        os.makedirs(self.parent, exist_ok=True)  # noqa: PTH103
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pathlib.Path, "mkdir", refuse)
    with pytest.raises(WorkdirError, match="Permission denied"), open_run(tmp_path / "a" / "run"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(WorkdirError, match="Permission denied"), open_run(tmp_path / "run"):
        pass


def test_settings_that_json_cannot_hold_make_no_folder(tmp_path):
    with pytest.raises(TypeError), open_run(tmp_path / "run", {"cell": object()}):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_the_run_passes_through(tmp_path):
    with pytest.raises(FileNotFoundError), open_run(tmp_path / "run"):
        (tmp_path / "missing").read_text()


def test_two_processes_cannot_share_a_workdir(tmp_path):
    first, second = open_run(tmp_path / "run"), open_run(tmp_path / "run")
    with first, pytest.raises(WorkdirError, match="another process is using it"), second:
        pass
    with open_run(tmp_path / "run"):
        pass


def _hold(path, ready):
    with open_run(path):
        ready.set()
        signal.pause()


def test_a_killed_process_frees_its_workdir(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_hold, args=(tmp_path / "run", ready))
    process.start()
    assert ready.wait(60)
    with pytest.raises(WorkdirError, match="another process"), open_run(tmp_path / "run"):
        pass
    process.kill()
    process.join()
    with open_run(tmp_path / "run") as folder:
        assert json.loads((folder / "config.json").read_text()) == CONFIG


def test_a_run_killed_before_its_config_was_written_can_be_started_again(tmp_path):
    with open_run(tmp_path / "run") as folder:
        pass
    (folder / "config.json").unlink()
    (folder / "flags.txt.tmp").write_text("--ste")
    with open_run(tmp_path / "run", CONFIG | {"steps": 7}):
        assert json.loads((folder / "config.json").read_text())["steps"] == 7


def test_json_keeps_order_and_values_and_writes_null_for_what_is_not_finite(tmp_path):
    path = tmp_path / "summary.json"
    value = {"z": np.float32(0.1), "a": [math.nan, -math.inf, 1e-300], "n": (jnp.arange(2), None)}
    write_json(path, value)
    found = json.loads(path.read_text())
    assert found == {"z": float(np.float32(0.1)), "a": [None, None, 1e-300], "n": [[0, 1], None]}
    assert list(found) == ["z", "a", "n"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["summary.json"]


def test_a_value_that_json_cannot_hold_leaves_the_old_file(tmp_path):
    write_json(tmp_path / "a.json", {"a": 1})
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", {"a": {1, 2}})
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": 1}


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP])
def test_a_file_system_without_locks_is_used_and_that_is_told(
    tmp_path, monkeypatch, caplog, number
):
    def failing(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", failing)
    with open_run(tmp_path / "run") as folder:
        assert (folder / "config.json").exists()
    assert "no locks here" in caplog.text


@pytest.mark.parametrize("lost", [b"", b"\0" * 40])
def test_a_config_that_a_power_cut_has_emptied_is_written_anew_if_nothing_was_saved(tmp_path, lost):
    with open_run(tmp_path):
        pass
    written = (tmp_path / "config.json").read_bytes()
    (tmp_path / "config.json").write_bytes(lost)
    with open_run(tmp_path):
        assert (tmp_path / "config.json").read_bytes() == written
    (tmp_path / "config.json").write_bytes(lost)
    (tmp_path / "checkpoints" / "7").mkdir(parents=True)
    with (
        pytest.raises(WorkdirError, match=r"had these settings, delete the file"),
        open_run(tmp_path),
    ):
        pass
