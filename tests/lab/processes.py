"""The command line as processes of its own, which is what users start, stop and kill."""

import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).parents[2]
ECHO = (
    "--experiment=echo",
    "--cell=Elman(3, recurrent_init=Normal(0.4))",  # the default takes long to compile
    "--length=200",
    "--steps=600",
    "--batch_size=2",
    "--log_every=5",
    "--eval_every=40",
    "--clip_norm=none",
    "--nofigures",
)
ENV = os.environ | {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}  # compiled fast, not to be fast


def command(*argv, options=()):
    return (sys.executable, *options, str(ROOT / "launch.py"), *argv)


def finished(folder, *argv, options=()):
    return subprocess.run(
        command(*argv, options=options),
        cwd=folder,
        env=ENV,
        capture_output=True,
        text=True,
        check=False,
    )


# A background job, as the tests may be, ignores Ctrl-C, and what it starts would as well.
_AS_FROM_A_TERMINAL = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


def started(folder, *argv):
    """Starts a command as a terminal does."""
    return subprocess.Popen(
        (sys.executable, "-c", _AS_FROM_A_TERMINAL, *command(*argv)),
        cwd=folder,
        env=ENV,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_lines(process, metrics, count):
    """Waits until a run has written so many lines of its metrics."""
    deadline = time.monotonic() + 300
    while not (metrics.exists() and metrics.read_bytes().count(b"\n") >= count):
        assert process.poll() is None, "the run ended before"
        assert time.monotonic() < deadline
        time.sleep(0.002)
