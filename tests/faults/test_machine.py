"""A run begun on one machine goes on on another: what the machine has is no setting."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).parents[2]
ADDING = (
    "--experiment=adding",
    "--length=5",
    "--cell=GRU(4)",
    "--batch_size=64",
    "--schedule=constant",
    "--log_every=10",
    "--eval_every=10",
    "--nofigures",
    "--compilation_cache=none",
)
# As on a machine of so many cores.
LAUNCH = """
import sys
from rnnjax import training
training.core_count = lambda: int(sys.argv[1])
from rnnjax.lab.main import main
sys.exit(main(["launch.py", *sys.argv[2:]]))
"""


def on(cores, folder, *argv, code=0):
    """Runs the adding problem on a machine of so many cores; returns what it says of trouble."""
    env = os.environ | {"JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)}
    env.pop("XLA_FLAGS", None)
    command = (sys.executable, "-c", LAUNCH, str(cores), *ADDING, f"--workdir={folder}", *argv)
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return [line for line in done.stderr.splitlines() if not line.startswith("step ")]


def values(folder):
    lines = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    return [[v for v in line.values() if isinstance(v, float)] for line in lines]


@pytest.mark.full
def test_a_run_goes_on_on_another_number_of_cores(tmp_path, tell):
    """2 cores, then 1, then 4: one line each, and figures that agree to rounding."""
    run, whole = tmp_path / "run", tmp_path / "whole"
    assert on(2, whole, "--steps=60") == []
    assert on(2, run, "--steps=20") == []
    (line,) = on(1, run, "--steps=40")
    assert "devices.batch_over is 2 there, 1 here" in line
    assert "agree to rounding and no longer bit for bit" in line
    (line,) = on(4, run, "--steps=60")
    assert "devices.batch_over is 1 there, 4 here" in line
    for ours, theirs in zip(values(run), values(whole), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    assert values(run)[:4] == values(whole)[:4]
    config = json.loads((run / "config.json").read_text())
    assert config["devices"] is None
    assert config == json.loads((whole / "config.json").read_text())
    resumed = json.loads((run / "env.json").read_text())["resumed"]
    noted = [(entry["step"], entry["env"]["devices"]["batch_over"]) for entry in resumed]
    assert noted == [(20, 1), (40, 4)]
    tell("a run", "begun on 2 cores, gone on with on 1 and on 4", 2, "one line; agrees to rounding")


@pytest.mark.full
def test_devices_that_were_asked_for_are_a_setting(tmp_path, tell):
    run = tmp_path / "run"
    assert on(2, run, "--steps=20", "--devices=2") == []
    (line,) = on(2, run, "--steps=40", "--devices=1", code=2)
    assert line.endswith("holds a run with other settings: devices is 2 there, 1 here")
    assert on(4, run, "--steps=40", "--devices=2") == []  # a larger machine, and the same bits
    tell("a run", "asked for other --devices than it was begun with", 1, "refused in one line")
