"""Several processes of one machine train one run, as those of several machines do."""

import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import time

import pytest

from rnnjax.lab import devices
from tests.lab.launching import launched

ROOT = pathlib.Path(__file__).parents[2]
ECHO = (
    "--experiment=echo",
    "--cell=Elman(3, recurrent_init=Normal(0.4))",  # the default takes long to compile
    "--unroll=deferred",
    "--optimizer=sgd",
    "--length=200",
    "--batch_size=4",
    "--log_every=5",
    "--eval_every=40",
    "--devices=2",
    "--nofigures",
)
ENV = os.environ | {"JAX_PLATFORMS": "cpu", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
ENV.pop("TF_CPP_MIN_LOG_LEVEL", None)  # which JAX has set in this process
LOST = (
    "error: another process of this run has ended or cannot be reached; "
    "the same command in all of them goes on from the last checkpoint"
)


@pytest.fixture
def started(tmp_path):
    """Starts a command in a process of its own, which does not outlive the test."""
    with contextlib.ExitStack() as processes:

        def start(*argv):
            process = subprocess.Popen(
                (sys.executable, str(ROOT / "launch.py"), *argv),
                cwd=tmp_path,
                env=ENV,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            processes.enter_context(process)
            processes.callback(process.kill)
            return process

        yield start


@pytest.fixture
def started_two(started):
    """Starts two processes of one run."""

    def start(*argv, own=((), ())):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        where = (f"--coordinator=127.0.0.1:{port}", "--num_processes=2")
        return [started(*argv, *where, f"--process_id={i}", *own[i]) for i in (0, 1)]

    return start


def ended(process):
    """Returns the exit code, standard output and standard error of what ends within minutes."""
    out, err = process.communicate(timeout=180)
    return process.returncode, out, err


def wait_for_lines(path, count, processes):
    deadline = time.monotonic() + 180
    while not (path.exists() and path.read_bytes().count(b"\n") >= count):
        assert all(process.poll() is None for process in processes), processes[0].communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def without_progress(err):
    """Returns standard error but for the line of each evaluation."""
    lines = err.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("step "))


@pytest.mark.full
def test_two_processes_train_as_one(tmp_path, started, started_two):
    argv = (*ECHO, "--steps=40")
    first, second = map(ended, started_two(*argv, "--workdir=two"))
    assert (first[0], without_progress(first[2])) == (0, "")
    assert second == (0, "", "")  # the first one alone speaks
    assert first[1].splitlines()[-1].startswith("echo test_accuracy=")
    assert "[Gloo]" not in first[1]
    assert_as_one(tmp_path, ended(started(*argv, "--workdir=one")))


@pytest.mark.full
def test_two_processes_of_which_one_was_killed_go_on_as_one(tmp_path, started, started_two):
    argv = (*ECHO, "--steps=200")
    killed = started_two(*argv, "--workdir=two")
    wait_for_lines(tmp_path / "two" / "metrics.jsonl", 11, killed)  # after the checkpoint at 40
    killed[1].kill()
    code, _, err = ended(killed[0])
    assert (code, without_progress(err).strip()) == (1, LOST)
    assert not (tmp_path / "two" / "summary.json").exists()
    assert [code for code, *_ in map(ended, started_two(*argv, "--workdir=two"))] == [0, 0]
    assert '"resumed_from": 0,' not in (tmp_path / "two" / "summary.json").read_text()
    assert_as_one(tmp_path, ended(started(*argv, "--workdir=one")))


def assert_as_one(folder, done):
    """Compares the folder of two processes with that of one, which has ended."""
    code, _, err = done
    assert (code, without_progress(err)) == (0, "")
    metrics = [(folder / run / "metrics.jsonl").read_bytes() for run in ("one", "two")]
    assert metrics[0] == metrics[1]
    names = [{path.name for path in (folder / run).iterdir()} for run in ("one", "two")]
    assert names[0] == names[1]
    assert {path.name for path in folder.iterdir()} == {"one", "two"}


@pytest.mark.full
def test_when_the_process_with_the_coordinator_is_killed_the_other_ends_with_one_line(
    tmp_path, started_two
):
    both = started_two(*ECHO, "--steps=1000000", "--workdir=run")
    wait_for_lines(tmp_path / "run" / "metrics.jsonl", 6, both)
    both[0].kill()
    code, _, err = ended(both[1])
    assert (code, err.strip()) == (1, LOST)


@pytest.mark.full
def test_an_error_of_the_first_process_ends_the_second_with_the_same_line(tmp_path, started_two):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine")
    for code, _, err in map(ended, started_two(*ECHO, "--steps=20", "--workdir=run")):
        assert code == 2
        assert re.fullmatch(r"error: workdir .*/run is not empty and holds no run: .*\n", err)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["notes.txt"]


@pytest.mark.full
def test_processes_with_unequal_flags_do_not_begin(tmp_path, started_two):
    both = started_two(*ECHO, "--workdir=run", own=(("--steps=20",), ("--steps=21",)))
    for code, _, err in map(ended, both):
        assert code == 2
        assert err.startswith("error: process 1 has other flags than process 0: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--num_processes=2",), "--num_processes needs --coordinator=host:port"),
        (("--process_id=0",), "--process_id needs --coordinator=host:port"),
        (("--coordinator=a:1",), "needs --num_processes and --process_id"),
        (("--coordinator=a:1", "--num_processes=2"), "needs --num_processes and --process_id"),
        (("--coordinator=a", "--num_processes=2", "--process_id=0"), "host:port, as 10.0.0.1:1234"),
        (("--coordinator=a:b", "--num_processes=2", "--process_id=0"), "host:port, as"),
        (("--coordinator=a:70000", "--num_processes=2", "--process_id=0"), "host:port, as"),
        (("--coordinator=a:1", "--num_processes=2", "--process_id=2"), "they are 0 to 1"),
        (("--coordinator=a:1", "--num_processes=2", "--process_id=-1"), "--process_id=-1"),
        (("--coordinator=auto", "--num_processes=2"), "auto finds what --num_processes says"),
        (
            ("--coordinator=a:1", "--num_processes=3", "--process_id=0"),
            "--devices=2 cannot be divided over 3 processes",
        ),
        (("--coordinator=auto", "--sweep=seed=0:2"), "--coordinator is for one run"),
        (("--profile", "--sweep=seed=0:2"), "--profile is for one run"),
    ],
)
def test_wrong_flags_are_refused_before_anybody_is_waited_for(tmp_path, monkeypatch, argv, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(devices, "_is_in_use", lambda: False)  # as in a process of its own
    done = launched(*ECHO, *argv)
    assert done.code == 2, (done.out, done.err)
    assert message in done.err
    assert done.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
