"""The command itself."""

import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]


def command(*argv, module="benchmarks"):
    run = [sys.executable, "-m", module, *argv]
    return subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("flag", "line"),
    [
        ("--onyl=gradient", "Unknown command line flag 'onyl'. Did you mean: only ?"),
        ("--only=nothing_here", "--only names 'nothing_here'; there are gradient, forward, "),
        ("--only=", "--only names nothing; there are gradient, forward, "),
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


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["--before=nowhere"], "--before=nowhere is no checkout"),
        (
            ["--before=.", "--only=nothing_here"],
            "--only names 'nothing_here'; there are gradient, ",
        ),
    ],
)
def test_pairs_refuse_wrong_input_in_one_line(argv, line):
    done = command(*argv, module="benchmarks.pairs")
    assert (done.returncode, done.stdout) == (2, "")
    assert line in done.stderr


@pytest.mark.full
def test_a_checkout_is_measured_beside_itself():
    argv = ("--before=.", "--only=gradient", "--longest=28", "--rounds=1")
    done = command(*argv, module="benchmarks.pairs")
    assert done.returncode == 0, done.stderr
    _, _, *rows = done.stdout.splitlines()
    assert len(rows) == 3
    for row in rows:
        _, work, old, new, ratio, before, now, _ = map(str.strip, row.split("|"))
        assert "28,100,28,100" in work
        assert float(old) > 0
        assert float(new) > 0
        assert float(ratio.split()[0]) == pytest.approx(float(old) / float(new), rel=0.02)
        assert float(before) == float(now) > 0
