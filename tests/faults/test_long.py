"""A long run needs no more memory, no more time a step and no more programs than a short one."""

import itertools
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
STEPS, EVERY = 20_000, 250
# Prints, at each evaluation, its step, the resident pages, the time, and how many programs there
# have been; and at the end those that were compiled more than once.
RUN = """
import collections, json, logging, os, pathlib, re, sys, time
import jax
jax.config.update("jax_log_compiles", True)
names = collections.Counter()
class Count(logging.Handler):
    def emit(self, record):
        found = re.match(r"Finished XLA compilation of (\\S+)", record.getMessage())
        if found:
            names[found[1]] += 1
for name in ("jax._src.dispatch", "jax._src.interpreters.pxla"):
    logger = logging.getLogger(name)
    logger.addHandler(Count())
    logger.propagate = False
from rnnjax.runs.listeners import Keeping
saved = Keeping.evaluated
def evaluated(self, moment):
    saved(self, moment)
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    print(json.dumps([moment.step, pages, time.perf_counter(), sum(names.values())]))
Keeping.evaluated = evaluated
from rnnjax.lab.main import main
code = main(["launch.py", *sys.argv[1:]])
print(json.dumps(dict(names)))
sys.exit(code)
"""
ADDING = (
    "--experiment=adding",
    "--length=3",
    "--cell=Elman(2)",
    "--batch_size=4",
    "--devices=1",
    "--schedule=constant",
    f"--steps={STEPS}",
    f"--log_every={EVERY}",
    f"--eval_every={EVERY}",
    "--nofigures",
    "--compilation_cache=none",
)


@pytest.mark.full
@pytest.mark.skipif(not pathlib.Path("/proc/self/statm").exists(), reason="no /proc to read from")
def test_twenty_thousand_steps_in_flat_memory(tmp_path, tell):
    env = os.environ | {"JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)}
    env.pop("XLA_FLAGS", None)
    command = (sys.executable, "-c", RUN, *ADDING, f"--workdir={tmp_path}/run")
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(("[", "{"))]
    *rows, names = found
    assert len(rows) == STEPS // EVERY
    warm, end = rows[len(rows) // 4], rows[-1]
    growth = end[1] / warm[1] - 1
    assert growth < 0.01, f"{100 * growth:.2f} % more memory"
    assert end[3] == warm[3], "programs were compiled after the first quarter"
    again = {name: count for name, count in names.items() if count > 1 and "advance" in name}
    assert not again, again
    quarters = [rows[i * len(rows) // 4 : (i + 1) * len(rows) // 4] for i in (1, 3)]
    medians = [sorted(b[2] - a[2] for a, b in itertools.pairwise(q))[8] for q in quarters]
    print(f"last quarter's step time over the second's: {medians[1] / medians[0]:.2f}")
    tell("a run", f"{STEPS:,} steps", 1, f"memory grew by {100 * growth:.1f} %, no program twice")
