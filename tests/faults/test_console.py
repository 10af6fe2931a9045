"""Who watches may go away: consoles that are closed, full, broken, or without letters."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from rnnjax.runs.recording import read_metrics
from tests.sweeps.made import Made, falling, write_sweep

ROOT = pathlib.Path(__file__).parents[2]
ENV = os.environ | {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}  # compiled fast, not to be fast
RUN = ("--experiment=adding", "--cell=Elman(2)", "--length=4", "--steps=40", "--batch_size=4")
RUN += ("--eval_every=10", "--nofigures")
# As a shell has them; what is piped ends before it has read all.
CONSOLES = {
    "a standard output that is closed": ">&- 2>err",
    "a standard error that is closed": ">out 2>&-",
    "both closed": ">&- 2>&-",
    "all three closed": "<&- >&- 2>&-",
    "a standard output on a full disk": ">/dev/full 2>err",
    "a standard error on a full disk": ">out 2>/dev/full",
    "a pipe whose reader ends": "2>err | head -c 1",
    "a pipe whose reader ends, for both": "2>&1 | true",
    "a standard output that is to be read": "1</dev/null 2>err",
}
ALL = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(
            "/dev/full" in how and not pathlib.Path("/dev/full").exists(), reason="no /dev/full"
        ),
    )
    for name, how in CONSOLES.items()
]


def watched(folder, how, *words, python=(), **env):
    """Runs a command line at a console; returns its exit code."""
    argv = (sys.executable, *python, str(ROOT / "launch.py"), *words)
    script = f'("$@"; echo $? >code) {how}'
    subprocess.run(("sh", "-c", script, "sh", *argv), cwd=folder, env=ENV | env, timeout=600)
    return int((folder / "code").read_text())


@pytest.mark.parametrize("python", [(), ("-u",)], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("console", ALL)
def test_what_is_printed_may_get_lost(tmp_path, tell, console, python):
    assert watched(tmp_path, CONSOLES[console], python=python) == 0
    err = tmp_path / "err"
    assert not err.exists() or err.read_text() == ""
    tell("a command", console, 1, "exit code 0, as if nobody watched")


def test_wrong_input_keeps_its_code_where_nobody_reads_why(tmp_path):
    assert watched(tmp_path, ">&- 2>&-", "--bogus") == 2
    assert watched(tmp_path, "2>&1 | true", "--bogus") == 2


def test_no_file_gets_the_descriptor_of_a_console_that_is_closed(tmp_path):
    code = (
        "import os; from rnnjax.lab.console import use_console\n"
        "use_console()\n"
        "with open('file', 'w') as file:\n"
        "    print('lost', flush=True)\n"
        "    file.write(str(file.fileno()))\n"
    )
    argv = ("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-c", code)
    subprocess.run(argv, cwd=tmp_path, env=ENV | {"PYTHONPATH": str(ROOT)}, check=True)
    assert int((tmp_path / "file").read_text()) > 2


def test_a_reader_who_is_slow_gets_all(tmp_path):
    code = (
        "import os; from rnnjax.lab.console import use_console\n"
        "os.set_blocking(1, False)\n"
        "use_console()\n"
        "for n in range(40_000): print(n)\n"
    )
    script = 'exec "$@" | (sleep 0.5; cat) >out'
    argv = ("sh", "-c", script, "sh", sys.executable, "-c", code)
    subprocess.run(argv, cwd=tmp_path, env=ENV | {"PYTHONPATH": str(ROOT)}, check=True)
    assert (tmp_path / "out").read_text() == "".join(f"{n}\n" for n in range(40_000))


def test_what_an_encoding_lacks_is_replaced(tmp_path):
    code = (
        "import sys; from rnnjax.lab.console import use_console\n"
        "use_console()\n"
        "for stream in (sys.stdout, sys.stderr): print('1 ± 2 \\udcff', file=stream)\n"
    )
    env = ENV | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run((sys.executable, "-c", code), env=env, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"1 ? 2 ?\n", b"1 \\xb1 2 \\udcff\n")


@pytest.mark.full
@pytest.mark.parametrize(
    "env",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}],
    ids=["ascii", "C"],
)
def test_a_screen_without_the_letters_shows_the_rest(tmp_path, tell, env):
    points = [
        Made({"lr": lr, "seed": seed}, curve=falling(float(lr) * (1 + int(seed))))
        for lr in ("0.1", "0.2")
        for seed in ("0", "1")
    ]
    sweep = write_sweep(tmp_path / "sweep", points)
    code = watched(tmp_path, ">out 2>err", f"--sweep_report={sweep}", MPLBACKEND="nonsense", **env)
    assert (code, (tmp_path / "err").read_text()) == (0, "")
    said = (tmp_path / "out").read_text("ascii")
    assert "Ranked by" in said
    assert " ? " in said
    assert "0002" in said
    assert "report.html" in said
    assert "±" in (sweep / "report.html").read_text("utf-8")
    assert sorted((sweep / "plots").glob("*.png"))
    tell("a report", "a screen without ±, no backend for figures", 1, "all of it, ? for ±")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    assert watched(folder, ">out 2>err", *RUN, "--workdir=run") == 0
    return folder / "run"


@pytest.mark.full
@pytest.mark.parametrize("console", ALL)
def test_a_run_goes_on_when_nobody_watches(tmp_path, tell, undisturbed, console):
    assert watched(tmp_path, CONSOLES[console], *RUN, "--workdir=run") == 0
    names = sorted(path.name for path in undisturbed.iterdir())
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == names
    found, wanted = (folder / "metrics.jsonl" for folder in (tmp_path / "run", undisturbed))
    assert found.read_bytes() == wanted.read_bytes()
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["steps"] == 40
    tell("a run", console, 1, "exit code 0, its folder is complete, metrics the same")


@pytest.mark.full
@pytest.mark.parametrize("console", ["both closed", "a pipe whose reader ends, for both"])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_sweep_goes_on_when_nobody_watches(tmp_path, tell, console, workers):
    words = ("--sweep=seed=0:2", "--population=1", f"--workers={workers}", "--workdir=sweep")
    assert watched(tmp_path, CONSOLES[console], *RUN[:-1], *words) == 0
    for number in range(2):
        folder = tmp_path / "sweep" / "points" / f"{number:04d}"
        assert (folder / "summary.json").exists()
        assert read_metrics(folder)[-1]["step"] == 40
    assert (tmp_path / "sweep" / "report.html").exists()
    tell("a sweep", console, 1, "exit code 0, all points and the report are there")


@pytest.mark.full
@pytest.mark.parametrize("words", [("--cells",), ("--experiment=adding", "--help")])
def test_lists_may_be_cut_short(tmp_path, tell, words):
    assert watched(tmp_path, "2>err | head -n 1 >out", *words) == 0
    assert (tmp_path / "err").read_text() == ""
    assert (tmp_path / "out").read_text().count("\n") == 1
    tell("a list", "a pipe whose reader ends", 1, "exit code 0, nothing on stderr")
