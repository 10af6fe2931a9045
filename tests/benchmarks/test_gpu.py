"""What is measured on a GPU, started where there may be none."""

import json
import pathlib
import subprocess
import sys

import pytest

from benchmarks.gpu.__main__ import PARTS

ROOT = pathlib.Path(__file__).parents[2]


def command(*argv):
    run = [sys.executable, "-m", "benchmarks.gpu", *argv]
    return subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.full
def test_a_part_runs_in_a_process_of_its_own(tmp_path):
    done = command(f"--out={tmp_path}", "--only=blocks")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("blocks: done in ")
    *_, last = map(json.loads, (tmp_path / "results.jsonl").read_text().splitlines())
    assert (last["part"], last["exit"]) == ("blocks", 0)


def test_a_part_that_is_not_known_is_refused_in_one_line(tmp_path):
    done = command(f"--out={tmp_path / 'out'}", "--only=kernals")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: --only names 'kernals'; there are {', '.join(PARTS)}\n"
    assert not list(tmp_path.iterdir())
