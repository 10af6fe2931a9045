"""What a command is started in and with: platforms, folders, homes, texts without end."""

import os
import pathlib
import subprocess
import sys
import time

import jax
import pytest

from rnnjax.lab import cache, devices
from rnnjax.lab.main import main
from rnnjax.lab.options import RunOptions
from rnnjax.runs.workdir import WorkdirError, folder_of
from tests.lab.launching import launched

ROOT = pathlib.Path(__file__).parents[2]
FULL = pytest.mark.full
ADDING = ("--experiment=adding", "--length=4", "--steps=4", "--batch_size=4", "--nofigures")
LONGEST = 320  # letters of an error
ENDLESS = {
    "a name": "a" * 100_000,
    "a name with dots": "a." * 50_000 + "b",
    "brackets": "(" * 100_000,
    "calls that do not end": "LSTM(" * 20_000,
    "calls that end": "Stack((" * 5_000 + "LSTM(4)" + ",))" * 5_000,
    "signs": "LSTM(" + "-" * 50_000 + "1)",
    "words": "not " * 25_000 + "1",
    "digits": "LSTM(" + "9" * 100_000 + ")",
    "values": "LSTM((" + "1," * 50_000 + "))",
    "a text": "LSTM('" + "x" * 100_000 + "')",
    "a sum": "1" + "+1" * 50_000,
}


def refused(*argv):
    """Returns the one line that refuses a command."""
    done = launched(*argv)
    assert (done.code, done.out) == (2, ""), done.err
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    return done.err


def process(*argv, folder, **env):
    return subprocess.run(
        (sys.executable, str(ROOT / "launch.py"), *argv),
        cwd=folder,
        env=os.environ | env,
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("flag", ["cell", "unroll"])
@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_a_text_without_end_is_refused_in_a_line_that_ends(tell, flag, text):
    began = time.process_time()
    said = refused(*ADDING, f"--{flag}={text}")
    assert len(said) < LONGEST
    assert time.process_time() - began < 10
    tell("a command", f"a --{flag} of a hundred thousand letters", 1, "a line of 300 letters")


@pytest.mark.parametrize("flag", ["steps", "learning_rate", "schedule", "bogus", "data_dir"])
def test_whatever_is_refused_is_not_repeated_without_end(flag):
    assert len(refused(*ADDING, f"--{flag}={'7x' * 50_000}")) < LONGEST


def test_why_something_is_refused_is_said_after_what():
    said = refused(*ADDING, "--cell=LSTM((" + "1," * 500 + "))")
    assert said.startswith("error: LSTM((1, 1, ")
    assert said.endswith("hidden must be a whole number of 1 or more\n")


def test_what_is_nested_too_deep_for_python_is_wrong_input(monkeypatch, capsys):
    def deep(*_):
        raise RecursionError("maximum recursion depth exceeded")

    monkeypatch.setattr("rnnjax.lab.main._dispatch", deep)
    assert main(["launch.py"]) == 2
    assert capsys.readouterr().err.startswith("error: what is asked for is nested too deep")


def test_what_is_not_utf_8_is_refused(tmp_path, tell):
    assert refused(*ADDING, "--workdir=\udcff") == "error: --workdir=\udcff is not UTF-8\n"
    with pytest.raises(WorkdirError, match="is not UTF-8"):
        folder_of("/runs/\udcff")
    done = process(b"--workdir=\xff", folder=tmp_path)
    assert (done.returncode, done.stderr) == (2, b"error: --workdir=\\udcff is not UTF-8\n")
    assert list(tmp_path.iterdir()) == []
    tell("a command", "a name that is not UTF-8", 2, "refused in a line, code 2")


def test_a_current_folder_that_was_deleted_is_told(tmp_path, tell):
    script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    argv = ("sh", "-c", script, "sh", sys.executable, str(ROOT / "launch.py"), *ADDING)
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: the current folder cannot be used: No such file or directory; change to another\n"
    )
    tell("a command", "a current folder that was deleted", 1, "refused in a line, code 2")


def test_a_user_without_a_home_keeps_no_compiled_programs(monkeypatch, tell):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("pathlib.Path.home", no_home)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    before = jax.config.jax_enable_compilation_cache
    jax.config.update("jax_enable_compilation_cache", True)
    try:
        assert not cache.use_compilation_cache()
        devices.use_cache(RunOptions())
    finally:
        jax.config.update("jax_enable_compilation_cache", before)
    tell("a run", "a user without a home", 1, "goes on, and keeps no compiled programs")


@pytest.mark.parametrize(
    "platform", ["cuda", *(pytest.param(name, marks=FULL) for name in ("tpu", "rocm", "nonsense"))]
)
def test_a_run_on_a_platform_that_is_not_here_is_refused(tmp_path, tell, platform):
    done = process(*ADDING, "--workdir=run", folder=tmp_path, JAX_PLATFORMS=platform)
    if done.returncode == 0:
        pytest.skip(f"there is {platform}")
    assert done.returncode == 2
    wanted = f"error: JAX_PLATFORMS={platform}: that is not here; without it "
    assert done.stderr.decode().splitlines()[-1].startswith(wanted)
    assert b"Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
    tell("a run", f"JAX_PLATFORMS={platform}, which is not here", 1, "refused in a line, code 2")


@pytest.mark.parametrize("words", [("--bogus",), ("--steps=many",), ("word",)])
def test_help_refuses_what_a_run_would(words):
    assert "error: " in refused("--experiment=adding", "--help", *words)
    assert launched("--experiment=adding", "--help").code == 0


def test_a_user_who_is_nobody_is_told():
    said = refused("--experiment=~nobody-at-all/mine.py")
    assert said == "error: --experiment=~nobody-at-all/mine.py: there is no such file\n"
