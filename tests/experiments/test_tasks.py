import json
import math

import pytest

from tests.full import full
from tests.lab.launching import launched

SUMS = [min(total + 1, 19 - total) / 100 for total in range(19)]  # their chances, of two digits
SHORT = ("--steps=4", "--log_every=2", "--eval_every=4", "--nofigures")


@pytest.mark.parametrize(
    ("experiment", "settings", "baseline"),
    [
        ("adding", ("--length=5", "--cell=Elman", "--hidden=4", "--batch_size=3"), 1 / 6),
        full(
            "copying",
            ("--delay=2", "--cell=Elman(4, activation=relu)", "--batch_size=3"),
            10 * math.log(8) / 22,
        ),
        full("echo", ("--length=40", "--window=9", "--batch_size=2", "--layers=2"), math.log(2)),
        full(
            "reversal",
            ("--length=2", "--letters=3", "--cell=LRU", "--hidden=4", "--batch_size=3"),
            (math.log(2) + 1.5 * math.log(3)) / 2.5,
        ),
        full("dates", ("--last_year=1970", "--hidden=4", "--batch_size=3"), math.log(365) / 11),
        full(
            "addition",
            ("--digits=1", "--hidden=4", "--decoder_cell=MGU", "--batch_size=3"),
            -sum(p * math.log(p) for p in SUMS) / 2,
        ),
    ],
)
def test_a_task_is_trained_and_the_last_line_is_its_result(
    tmp_path, experiment, settings, baseline
):
    done = launched(f"--experiment={experiment}", *settings, *SHORT, f"--workdir={tmp_path}/run")
    assert done.code == 0, done.err
    name, found = done.result
    assert name == experiment
    assert {"test_accuracy", "test_loss", "steps", "seconds", "data", "workdir"} <= set(found)
    assert (found["steps"], found["data"]) == ("4", experiment)
    assert found["workdir"] == f"{tmp_path}/run"
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert float(found["test_loss"]) == pytest.approx(summary["best"]["test"]["loss"], rel=1e-3)
    assert 0.1 * baseline < float(found["test_loss"]) < 20 * baseline
    assert f"without memory {baseline:.4f}" in done.out


@pytest.mark.full
def test_echo_is_learned_across_the_borders_of_windows(tmp_path):
    # With windows of two steps each echo comes from the window before.
    done = launched(
        "--experiment=echo",
        "--delay=2",
        "--window=4",
        "--length=1000",
        "--hidden=8",
        "--batch_size=16",
        "--steps=600",
        "--eval_every=600",
        "--learning_rate=0.02",
        "--nofigures",
        f"--workdir={tmp_path}/run",
    )
    assert done.code == 0, done.err
    _, found = done.result
    assert float(found["test_accuracy"]) > 0.95
    assert float(found["test_loss"]) < 0.2 < math.log(2)
