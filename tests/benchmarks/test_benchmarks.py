"""The command itself."""

import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]


def command(*argv):
    run = [sys.executable, "-m", "benchmarks", *argv]
    return subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("flag", "line"),
    [
        ("--onyl=gradient", "Unknown command line flag 'onyl'. Did you mean: only ?"),
        ("--only=nothing_here", "--only names 'nothing_here'; there are gradient, forward, "),
        ("--peers=jax", "--peers names 'jax'; there are rnnjax, "),
        ("--allocator=best", "--allocator names 'best'; there are default, tuned"),
        ("--rounds=0", "flag --rounds=0"),
        ("quick", "unexpected argument 'quick'"),
    ],
)
def test_wrong_input_gets_one_line(tmp_path, flag, line):
    done = command(f"--out={tmp_path / 'out'}", flag)
    assert (done.returncode, done.stdout) == (2, "")
    assert line in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_help_names_flags_sections_and_peers():
    done = command("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("--quick", "--allocator", "  gradient ", "haiku"):
        assert word in done.stdout


@pytest.mark.full
def test_a_section_is_measured_and_written(tmp_path):
    argv = ("--quick", "--only=linear", "--peers=rnnjax,rnnjax_scan", "--rounds=2")
    done = command(*argv, f"--out={tmp_path}")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "results.md"}
    (section,) = json.loads((tmp_path / "results.json").read_text())["sections"].values()
    for timing in section["timings"]:
        assert timing["work"]["cell"] == "LRU"
        assert timing["facts"]["outputs"] == [512, 8, 16]
        assert timing["facts"]["parameters"] == 3 * 16 + 5 * 16 * 16
        assert len(timing["seconds"]) == 2
        assert all(0 < seconds < 60 for seconds in timing["seconds"])
    assert "## Linear recurrences" in (tmp_path / "results.md").read_text()
    assert "## Linear recurrences" in done.stdout
