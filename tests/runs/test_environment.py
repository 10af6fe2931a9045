"""Where a run was begun is kept, and where it is gone on with is added and said."""

import importlib.metadata
import json
import re

import jax
import pytest

import rnnjax
from rnnjax.runs.environment import batch_devices_of, describe_environment, note_environment
from rnnjax.runs.workdir import write_json

ENV = {"python": "3.11.9", "devices": {"kind": "cpu", "count": 2, "batch_over": 2}}


def on(count, **other):
    return ENV | {"devices": {"kind": "cpu", "count": count, "batch_over": count}} | other


@pytest.fixture
def folder(tmp_path):
    write_json(tmp_path / "config.json", {"devices": None})
    write_json(tmp_path / "env.json", ENV)
    return tmp_path


def about(folder):
    return json.loads((folder / "env.json").read_text())


def test_the_same_environment_is_not_noted_again(folder):
    before = (folder / "env.json").stat().st_mtime_ns
    assert not note_environment(folder, ENV, 50)
    assert not note_environment(folder, ENV | {"recorded of late": 1}, 50)
    assert (folder / "env.json").stat().st_mtime_ns == before


def test_each_environment_is_kept_with_the_step_from_which_it_was_the_runs(folder):
    assert note_environment(folder, on(1), 50) == (
        "resuming in another environment: devices.count is 2 there, 1 here; devices.batch_over is "
        "2 there, 1 here: figures will agree to rounding and no longer bit for bit, dropout and "
        "noise will be other draws"
    )
    assert not note_environment(folder, on(1), 60)
    assert note_environment(folder, on(4), 70).endswith("; --devices=1 keeps the bits")
    resumed = [{"step": 50, "env": on(1)}, {"step": 70, "env": on(4)}]
    assert about(folder) == ENV | {"resumed": resumed}
    assert batch_devices_of(folder) == 4


def test_versions_and_kinds_may_change_the_bits(folder):
    assert note_environment(folder, ENV | {"python": "3.12.1"}, 5) == (
        'resuming in another environment: python is "3.11.9" there, "3.12.1" here: figures will '
        "agree to rounding, no longer surely bit for bit"
    )


def test_a_lost_record_of_the_environment_begins_with_what_is_known(folder):
    (folder / "env.json").unlink()
    assert not note_environment(folder, on(1), 50)
    assert about(folder) == {"resumed": [{"step": 50, "env": on(1)}]}


def test_folders_that_have_the_machines_number_among_the_settings_say_it(tmp_path):
    assert batch_devices_of(tmp_path) is None
    write_json(tmp_path / "config.json", {"devices": 8})
    assert batch_devices_of(tmp_path) == 8
    write_json(tmp_path / "env.json", {"devices": {"kind": "cpu", "count": 8}})
    assert batch_devices_of(tmp_path) == 8


def test_the_environment_says_what_the_last_bits_depend_on():
    env = describe_environment(seed=3, batch_over=2)
    assert env["seed"] == 3
    assert env["versions"]["jax"] == jax.__version__
    assert env["versions"]["rnnjax"] == rnnjax.__version__
    assert set(env["versions"]) >= {"jaxlib", "flax", "optax", "orbax-checkpoint", "numpy"}
    device = jax.devices()[0]
    assert env["devices"] == {
        "platform": device.platform,
        "kind": device.device_kind,
        "count": jax.device_count(),
        "batch_over": 2,
    }
    assert env["git_commit"] is None or re.fullmatch("[0-9a-f]{40}(-dirty)?", env["git_commit"])
    json.dumps(env)


def test_outside_a_checkout_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(rnnjax, "__file__", str(tmp_path / "__init__.py"))
    assert describe_environment(seed=0)["git_commit"] is None


def test_without_git_and_without_a_package_the_environment_says_nothing_of_them(monkeypatch):
    def missing(name):
        if name == "orbax-checkpoint":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(importlib.metadata, "version", missing)
    monkeypatch.setenv("PATH", "")
    env = describe_environment(seed=0)
    assert env["git_commit"] is None
    assert env["versions"]["orbax-checkpoint"] is None
    assert env["versions"]["numpy"] == "1.0"


@pytest.mark.parametrize(
    "odd",
    [
        {"devices": 5, "resumed": [1]},
        {"devices": {"batch_over": None}, "resumed": {}},
        {"devices": {"batch_over": "x"}, "resumed": [{"step": 5}]},
        {"devices": {"batch_over": -1}},
    ],
)
def test_no_run_stands_or_falls_by_what_its_environment_says(folder, odd):
    write_json(folder / "env.json", odd)
    write_json(folder / "config.json", {"devices": 2})
    assert batch_devices_of(folder) == 2
    assert "--devices" not in note_environment(folder, on(1), 50)
    assert batch_devices_of(folder) == 1
