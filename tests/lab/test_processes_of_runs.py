"""The command line as processes of its own, which is what users start, stop and kill."""

import subprocess

import pytest

from tests.lab.processes import ECHO, ENV, command, finished, wait_for_lines


def test_the_list_is_made_without_jax(tmp_path):
    done = finished(tmp_path, options=("-X", "importtime"))
    assert done.returncode == 0
    assert "Experiments:" in done.stdout
    imported = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()
    }
    assert "absl" in imported
    assert imported.isdisjoint({"jax", "flax", "optax", "numpy", "experiments"})


def test_wrong_input_ends_a_process_with_two_and_one_line(tmp_path):
    done = finished(tmp_path, *ECHO, "--learning_rate=nan", "--workdir=run")
    assert done.returncode == 2
    wanted = "error: flag --learning_rate=nan: nan is not a finite number, above 0\n"
    assert (done.stdout, done.stderr) == ("", wanted)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.full
def test_a_killed_run_goes_on_and_a_flagfile_replays_it_byte_for_byte(tmp_path):
    whole = finished(tmp_path, *ECHO, "--workdir=whole")
    assert whole.returncode == 0, whole.stderr
    replay = ("--flagfile=whole/flags.txt", "--workdir=killed", "--nofigures")
    process = subprocess.Popen(command(*replay), cwd=tmp_path, env=ENV)
    metrics = tmp_path / "killed" / "metrics.jsonl"
    wait_for_lines(process, metrics, 31)
    process.kill()
    assert process.wait() == -9
    assert not (tmp_path / "killed" / "summary.json").exists()
    resumed = finished(tmp_path, *replay)
    assert resumed.returncode == 0, resumed.stderr
    assert metrics.read_bytes() == (tmp_path / "whole" / "metrics.jsonl").read_bytes()
    summary = (tmp_path / "killed" / "summary.json").read_text()
    assert '"resumed_from": 0,' not in summary
    flags = [(tmp_path / name / "flags.txt").read_text() for name in ("whole", "killed")]
    assert flags[0] == flags[1]
    names = [{path.name for path in (tmp_path / run).iterdir()} for run in ("whole", "killed")]
    assert names[0] == names[1]
