import json
import math
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from rnnjax.training import (
    DivergedError,
    OptimizerSettings,
    Place,
    Plan,
    Run,
    carry_out,
    carry_out_population,
)
from rnnjax.training.checkpoint import Checkpoints
from rnnjax.training.recording import read_metrics
from tests.training import small

PLAN = Plan(steps=9, log_every=2, eval_every=4)
RUN = Run(
    name="small",
    objective=small.classifier(dropout=0.3, layers=2),
    train=small.images(),
    test=small.images(7),
    plan=PLAN,
    optimizer=OptimizerSettings("adamw", 0.03, "cosine", 2, 1.0, 0.01),
    seed=5,
    devices=1,
    best="accuracy",
    data="random images",
    dropout=0.3,
)
MEMBERS = [
    RUN,
    RUN._replace(seed=6, dropout=0.1),
    RUN._replace(optimizer=RUN.optimizer._replace(learning_rate=0.1, clip_norm=None)),
    RUN._replace(dropout=0.5, optimizer=RUN.optimizer._replace(warmup_steps=0, weight_decay=0.5)),
    RUN._replace(dropout=0.0, init_scale=1.7, optimizer=RUN.optimizer._replace(clip_norm=0.01)),
]
# Large enough that the second loss is not finite.
DIVERGING = RUN._replace(optimizer=RUN.optimizer._replace(learning_rate=1e38, weight_decay=1e3))


def places(folder, runs):
    return [Place(folder / str(i), f"--i={i}\n", {"i": i}) for i in range(len(runs))]


def alone(folder, run, index):
    carry_out(run, Place(folder / f"alone{index}", "", {}))
    return read_metrics(folder / f"alone{index}")


def assert_close(found, wanted):
    assert [list(line) for line in found] == [list(line) for line in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert one["split"] == other["split"]
        for name in one.keys() - {"split"}:
            assert one[name] == pytest.approx(other[name], abs=1e-5), (name, one["step"])


def test_each_member_has_the_metrics_of_the_run_alone_beside_one_that_diverges(tmp_path):
    runs = [*MEMBERS, DIVERGING]
    found = carry_out_population(runs, places(tmp_path, runs), tmp_path / "home", devices=1)
    assert found[-1] is None
    assert not (tmp_path / "5" / "summary.json").exists()
    assert [line["loss"] for line in read_metrics(tmp_path / "5")][-1] is None
    losses = set()
    for index, run in enumerate(MEMBERS):
        lines = read_metrics(tmp_path / str(index))
        assert_close(lines, alone(tmp_path, run, index))
        assert found[index] == json.loads((tmp_path / str(index) / "summary.json").read_text())
        assert found[index]["final"] == lines[-1]
        losses.add(round(lines[-1]["loss"], 4))
    assert len(losses) == len(MEMBERS)  # each number makes a difference


def test_a_population_that_was_stopped_goes_on_bit_for_bit(tmp_path):
    runs = MEMBERS[:3]
    carry_out_population(runs, places(tmp_path / "whole", runs), tmp_path / "a", devices=1)
    seen = []

    def watch(step, metrics):
        seen.append((step, metrics["loss"]))
        if step == 8 and len(seen) == 2:
            raise KeyboardInterrupt

    cut = places(tmp_path / "cut", runs)
    with pytest.raises(KeyboardInterrupt):
        carry_out_population(runs, cut, tmp_path / "b", devices=1, watch=watch)
    summaries = carry_out_population(runs, cut, tmp_path / "b", devices=1, watch=watch)
    assert [step for step, _ in seen] == [4, 8, 9]
    assert [summary["resumed_from"] for summary in summaries] == [8, 8, 8]
    for index in range(3):
        whole, resumed = (tmp_path / f / str(index) / "metrics.jsonl" for f in ("whole", "cut"))
        assert whole.read_bytes() == resumed.read_bytes()
    finals = [summary["final"]["loss"] for summary in summaries]
    assert seen[-1][1] == pytest.approx(np.mean(finals), rel=1e-6)
    again = carry_out_population(runs, cut, tmp_path / "b", devices=1)
    assert again == summaries


def test_rates_of_dropout_are_given_to_all_or_none(tmp_path):
    runs = [RUN, RUN._replace(dropout=None)]
    with pytest.raises(ValueError, match=r"^all runs of a population have a dropout rate of their"):
        carry_out_population(runs, places(tmp_path, runs), tmp_path / "home", devices=1)
    assert list(tmp_path.iterdir()) == []


def test_a_population_of_which_nothing_is_left_ends(tmp_path):
    runs = [DIVERGING, DIVERGING._replace(seed=1)]
    with pytest.raises(DivergedError, match=r"^all 2 runs of the population have diverged by \d"):
        carry_out_population(runs, places(tmp_path, runs), tmp_path / "home", devices=1)
    with Checkpoints(tmp_path / "home" / "checkpoints") as checkpoints:
        assert 9 not in checkpoints.steps()


_EIGHT = """
import json, pathlib, sys
import jax
from rnnjax.training import carry_out_population
from tests.training import test_population as here

folder = pathlib.Path(sys.argv[1])
runs = here.MEMBERS
for devices in (1, 2, 8):
    home = folder / f"{devices}"
    carry_out_population(runs, here.places(home, runs), home / "home", devices=devices)
print(jax.device_count())
"""


def test_members_divided_over_devices_are_the_same(tmp_path):
    root = pathlib.Path(__file__).parents[2]
    env = os.environ | {"PYTHONPATH": str(root), "JAX_PLATFORMS": "cpu"}
    env["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8"
    env["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # compiled fast, not to be fast
    command = (sys.executable, "-c", _EIGHT, str(tmp_path))
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "8\n"), done.stderr
    for index in range(len(MEMBERS)):
        one, *others = (read_metrics(tmp_path / f"{n}" / str(index)) for n in (1, 2, 8))
        assert math.isfinite(one[-1]["loss"])
        for other in others:
            assert_close(other, one)
