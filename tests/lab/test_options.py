"""Flags that change no number of a run: where compiled programs are kept, and the profile."""

import json
import os
import pathlib
import subprocess
import sys
import types

import pytest

from rnnjax.lab import cache
from rnnjax.runs import profile
from tests.lab.launching import launched

ROOT = pathlib.Path(__file__).parents[2]
ECHO = (
    "--experiment=echo",
    "--cell=Elman(3, recurrent_init=Normal(0.4))",  # the default takes long to compile
    "--length=200",
    "--batch_size=2",
    "--steps=20",
    "--log_every=5",
    "--devices=2",
    "--nofigures",
)


def finished(folder, *argv):
    """Runs the launcher in a process that keeps its cache below `folder`."""
    env = os.environ | {"JAX_PLATFORMS": "cpu", "XDG_CACHE_HOME": str(folder / "cache")}
    of_tests = ("JAX_ENABLE_COMPILATION_CACHE", "JAX_COMPILATION_CACHE_DIR", "XLA_FLAGS")
    for name in (*of_tests, "TF_CPP_MIN_LOG_LEVEL"):
        env.pop(name, None)
    command = (sys.executable, str(ROOT / "launch.py"), *ECHO, *argv)
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return (folder / "run" / "metrics.jsonl").read_bytes()


@pytest.mark.full
def test_a_program_compiled_before_makes_the_same_numbers_without_a_word(tmp_path):
    def updates_kept() -> set[str]:  # of the other programs, only those slow to compile that time
        files = (tmp_path / "cache" / "rnnjax").rglob("*-cache")
        return {path.name for path in files if "advance" in path.name}

    cold = finished(tmp_path, "--workdir=run")
    kept = updates_kept()
    assert kept
    (tmp_path / "run").rename(tmp_path / "cold")
    assert finished(tmp_path, "--workdir=run") == cold
    assert updates_kept() == kept


def test_a_cache_that_cannot_be_written_is_done_without(monkeypatch, tmp_path):
    set_to = {}
    config = types.SimpleNamespace(jax_enable_compilation_cache=True, update=set_to.__setitem__)
    monkeypatch.setattr(cache, "jax", types.SimpleNamespace(config=config))
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert not cache.use_compilation_cache()
    assert set_to == {}
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cache.use_compilation_cache()
    folder = pathlib.Path(set_to["jax_compilation_cache_dir"])
    assert folder.parent == tmp_path / "cache" / "rnnjax"
    assert list(folder.iterdir()) == []


@pytest.mark.full
def test_a_profile_holds_a_trace_of_calls_after_the_first(tmp_path):
    done = launched(
        *(word for word in ECHO if word != "--devices=2"), f"--workdir={tmp_path}/run", "--profile"
    )
    assert done.code == 0, done.err
    traces = list((tmp_path / "run" / "profile").rglob("*.xplane.pb"))
    assert len(traces) == 1
    assert traces[0].stat().st_size > 0
    assert len(list((tmp_path / "run" / "profile").rglob("*.trace.json.gz"))) == 1
    assert "profile" not in json.loads((tmp_path / "run" / "config.json").read_text())
    assert "profile" not in (tmp_path / "run" / "flags.txt").read_text()


@pytest.mark.parametrize("calls", [2, 3, 6])
def test_the_trace_is_of_the_calls_after_the_first_and_always_ends(monkeypatch, tmp_path, calls):
    seen = []
    monkeypatch.setattr(profile.jax.profiler, "start_trace", lambda _: seen.append("start"))
    monkeypatch.setattr(profile.jax.profiler, "stop_trace", lambda: seen.append("stop"))
    program = types.SimpleNamespace(advance=lambda *_: (seen.append("call"), {}))
    program._replace = lambda advance: types.SimpleNamespace(advance=advance)
    with profile.profiled(program, tmp_path / "profile") as traced:
        for _ in range(calls):
            traced.advance(None, None, 1)
    traced_calls = min(profile.CALLS, calls - 1)
    rest = ["call"] * (calls - 1 - traced_calls)
    assert seen == ["call", "start", *["call"] * traced_calls, "stop", *rest]
