"""Runs that are told to end: by Ctrl-C, by a scheduler, by a terminal that goes away."""

import json
import signal
import time

import numpy as np
import pytest

from tests.faults.comparing import assert_ends_as, steps_in
from tests.lab.processes import ECHO, finished, started, wait_for_lines

WORDS = ("--workdir=run", "--log_every=20", "--eval_every=200")  # few evaluations: most are between
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture(scope="module")
def uncut(tmp_path_factory):
    """Returns the folder of a run that nobody ended."""
    folder = tmp_path_factory.mktemp("uncut")
    done = finished(folder, *ECHO, *WORDS)
    assert done.returncode == 0, done.stderr
    return folder / "run"


@pytest.mark.full
@pytest.mark.parametrize("seed", range(4))
def test_a_run_that_is_told_to_end_saves_and_goes_on_as_if_it_had_not_been(
    uncut, tmp_path, tell, seed
):
    draws = np.random.default_rng(seed)
    folder, between = tmp_path / "run", 0
    for number in SIGNALS:  # three times, until it may have finished
        process = started(tmp_path, *ECHO, *WORDS)
        there = (folder / "metrics.jsonl").exists()
        lines = (folder / "metrics.jsonl").read_bytes().count(b"\n") if there else 0
        wait_for_lines(process, folder / "metrics.jsonl", lines + int(draws.integers(1, 6)))
        begin = time.monotonic()
        process.send_signal(number)
        _, err = process.communicate()
        assert time.monotonic() - begin < 10
        assert process.returncode == 128 + number, err
        step = steps_in(folder)[-1]
        assert err.splitlines()[-1] == f"stopped; the same command goes on from step {step}"
        last = json.loads((folder / "metrics.jsonl").read_text().splitlines()[-1])
        assert last["step"] == step
        between += step % 200 != 0
    assert between, "none of them was between evaluations"
    done = finished(tmp_path, *ECHO, *WORDS)
    assert done.returncode == 0, done.stderr
    assert_ends_as(folder, uncut)
    tell(
        "a run",
        "SIGTERM, Ctrl-C and SIGHUP in turn, at random moments",
        len(SIGNALS),
        "a checkpoint and exit code 143, 130, 129 within 10 s; resumed, all the same bit for bit",
    )


@pytest.mark.full
def test_a_second_signal_ends_at_once_and_leaves_what_was_there(uncut, tmp_path, tell):
    words = (*ECHO, *WORDS, "--log_every=200")  # so that the next checkpoint is far
    process = started(tmp_path, *words)
    while not (tmp_path / "run" / "metrics.jsonl").exists():
        time.sleep(0.002)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode in (130, 143), err
    assert "the same command goes on" in err.splitlines()[-1]
    assert finished(tmp_path, *words).returncode == 0
    assert steps_in(tmp_path / "run") == steps_in(uncut)
    tell("a run", "a second signal right after the first", 1, "ends at once; resumed")
