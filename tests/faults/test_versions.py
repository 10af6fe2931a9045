"""A run's folder is read and gone on with by another Python and another JAX, both ways.

The other interpreter is named by the environment variable RNNJAX_OTHER_PYTHON.
"""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).parents[2]
OTHER = os.environ.get("RNNJAX_OTHER_PYTHON")
ADDING = (
    "--experiment=adding",
    "--length=5",
    "--cell=GRU(4)",
    "--batch_size=8",
    "--schedule=constant",
    "--log_every=10",
    "--eval_every=10",
    "--devices=1",
    "--nofigures",
    "--compilation_cache=none",
)
# Prints what a loaded run predicts of drawn sequences, with 9 digits.
ASK = """
import sys, numpy as np
from rnnjax import runs
xs = np.random.default_rng(0).uniform(size=(5, 4, 2)).astype(np.float32)
run = runs.load(sys.argv[1], which="last")
print(run.at_step, *(f"{y:.9g}" for y in np.asarray(run.predict(xs)).ravel()))
"""


def said(python, *argv):
    env = os.environ | {"JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)}
    env.pop("XLA_FLAGS", None)  # not all versions have the same
    command = (python, *map(str, argv))
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


def values(folder):
    lines = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    return [[v for v in line.values() if not isinstance(v, str)] for line in lines]


@pytest.mark.full
@pytest.mark.skipif(OTHER is None, reason="RNNJAX_OTHER_PYTHON names no other interpreter")
@pytest.mark.parametrize("forth", [True, False], ids=["read by the other", "written by the other"])
def test_a_run_of_one_version_is_read_and_gone_on_with_by_another(tmp_path, forth, tell):
    first, second = (sys.executable, OTHER) if forth else (OTHER, sys.executable)
    run, whole = tmp_path / "run", tmp_path / "whole"
    said(first, "launch.py", *ADDING, "--steps=40", f"--workdir={whole}")
    said(first, "launch.py", *ADDING, "--steps=20", f"--workdir={run}")
    texts = [said(python, "-c", ASK, run).stdout.split() for python in (first, second)]
    assert texts[0][0] == texts[1][0] == "20"
    ours, theirs = (np.array(text, float) for text in texts)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    done = said(second, "launch.py", *ADDING, "--steps=40", f"--workdir={run}")
    assert "resuming in another environment: python is " in done.stderr
    for ours, theirs in zip(values(run), values(whole), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3)
    (entry,) = json.loads((run / "env.json").read_text())["resumed"]
    assert entry["step"] == 20
    tell("a run", "gone on with by another Python and JAX", 1, "says so; agrees to rounding")
