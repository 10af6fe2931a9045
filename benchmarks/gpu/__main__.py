"""Measures kernels and engines on a GPU, the most telling first, within six minutes.

    python -m benchmarks.gpu
    python -m benchmarks.gpu --only=pytorch,kernels

Each part is a module of `benchmarks.gpu`, run in a process of its own within its own time. What it
prints are lines of JSON, which OUT/results.jsonl holds; OUT/log.txt has all else. What has to be
installed is JAX, Flax, Optax, absl, pytest with pytest-xdist, and PyTorch. Where there is no GPU
the parts run at their smallest, to try them.
"""

import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from typing import TextIO

from absl import flags

from benchmarks import machine
from benchmarks.command import carry_out, named

PARTS = {  # seconds at most
    "checks": 60,
    "pytorch": 30,
    "kernels": 110,
    "loops": 50,
    "blocks": 25,
    "linear": 45,
    "updates": 40,
}

_ONLY = flags.DEFINE_list("only", list(PARTS), "Parts, in their order.")
_OUT = flags.DEFINE_string("out", "runs/gpu", "Folder.")


def run() -> None:
    """Runs the parts that are asked for, one after another."""
    names = named("only", _ONLY.value, list(PARTS))
    out = pathlib.Path(_OUT.value).expanduser()
    out.mkdir(parents=True, exist_ok=True)
    failed = []
    with (out / "results.jsonl").open("a") as results, (out / "log.txt").open("a") as log:
        results.write(json.dumps(_machine()) + "\n")
        for name in names:
            begin = time.perf_counter()
            code = _run_part(name, results, log)
            took = f"{time.perf_counter() - begin:.0f} s"
            results.write(json.dumps({"part": name, "exit": code, "took": took}) + "\n")
            print(f"{name}: {'done' if code == 0 else f'exit code {code}'} in {took}", flush=True)
            failed += [name] * (code != 0)
    if failed:
        sys.exit(f"not done: {', '.join(failed)}; {out / 'log.txt'} says why")


def _machine() -> dict[str, str]:
    """Returns what is measured on, and with what: the line before the parts' own."""
    gpu = "none"
    if program := shutil.which("nvidia-smi"):
        command = (program, "--query-gpu=name,driver_version", "--format=csv,noheader")
        gpu = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return {"gpu": gpu, **machine.versions(), "date": datetime.date.today().isoformat()}


def _run_part(name: str, results: TextIO, log: TextIO) -> int:
    """Runs a part within its time and returns its exit code."""
    environment = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", **os.environ, "PYTHONUNBUFFERED": "1"}
    for file in (results, log):
        file.flush()
    print(f"--- {name}", file=log, flush=True)
    command = (sys.executable, "-m", f"benchmarks.gpu.{name}")
    part = subprocess.Popen(
        command, stdout=results, stderr=log, env=environment, start_new_session=True
    )
    try:
        return part.wait(PARTS[name])
    except subprocess.TimeoutExpired:
        os.killpg(part.pid, signal.SIGKILL)  # those that it has started too
        return 124


if __name__ == "__main__":
    sys.exit(carry_out(run))
