"""Sweeps from the command line; the runs of most only write what a formula says."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from rnnjax import sweeps
from rnnjax.lab import sweep as sweep_module
from rnnjax.lab.options import SweepOptions
from tests.lab.launching import launched
from tests.sweeps.small import Formula

ADDING = (
    "--experiment=adding",
    "--cell=Elman(2)",
    "--length=4",
    "--steps=4",
    "--batch_size=4",
    "--log_every=2",
    "--eval_every=2",
    "--schedule=constant",
)


@pytest.fixture
def formula(monkeypatch, tmp_path):
    """A training that only writes what a formula says, without a report."""
    monkeypatch.chdir(tmp_path)
    training = Formula()
    monkeypatch.setattr("rnnjax.sweeps.unit.train", training)
    monkeypatch.setattr("rnnjax.sweeps.opened.write_report", lambda folder: None)
    return training


def test_the_last_line_is_the_best_mean_over_seeds_by_validation_and_its_test(formula):
    done = launched(*ADDING, "--sweep=learning_rate=1e-3,1e-2,1e-1;seed=0:2", "--workdir=swept")
    assert done.code == 0, done.err
    folder = pathlib.Path("swept").absolute()
    assert "6 points, 1 program to run" in done.out
    assert done.out.splitlines()[-1] == (
        "adding best_validation_loss=0.3 test_loss=1.3 learning_rate=1e-2 finished=6 "
        f"report={folder / 'report.html'}"
    )
    assert done.err.splitlines()[-1].startswith("adding sweep: 1 of 1 program, best 0.25")


def test_a_sweep_all_of_whose_points_diverge_fails_in_one_line(formula):
    done = launched(*ADDING, "--sweep=learning_rate=1e31,1e32", "--workdir=swept")
    assert done.code == 1
    assert "best_" not in done.out.splitlines()[-1]
    folder = pathlib.Path("swept").absolute()
    assert done.err.splitlines()[-1] == (
        "error: all 2 points have diverged: lower the learning rate or clip the gradients; "
        f"{folder}"
    )
    assert done.err.count("error") == 1


def test_a_program_that_fails_is_told_after_the_result(formula):
    def fail():
        if len(formula.runs) == 1:
            formula.before = lambda: None
            raise RuntimeError("out of memory")

    formula.before = fail
    done = launched(*ADDING[:2], *ADDING[3:], "--sweep=length=4,5", "--workdir=swept")
    assert done.code == 1
    assert done.result[1]["failed"] == "1"
    assert done.err.splitlines()[-1].startswith("error: 1 program failed, the first because out")


@pytest.mark.full
def test_the_same_command_finds_its_folder_and_other_axes_have_another(formula):
    for text in ("seed=0:2", "seed=0:2", "seed=0:3"):
        assert launched(*ADDING, f"--sweep={text}").code == 0
    assert len(formula.runs) == 2
    folders = sorted(pathlib.Path("runs").iterdir())
    assert len(folders) == 2
    assert all(folder.name.startswith("adding-sweep-") for folder in folders)


@pytest.mark.full
def test_a_sweep_that_was_stopped_goes_on_and_its_flags_replay_it(formula):
    def stop():
        if len(formula.runs) == 2:
            raise KeyboardInterrupt

    axes = "hidden=2,3,4;seed=0:2"
    command = (*ADDING[:1], *ADDING[2:], "--cell=Elman", f"--sweep={axes}")
    formula.before = stop
    assert launched(*command, "--workdir=swept").code == 130
    formula.before = lambda: None
    assert launched(*command, "--workdir=swept").code == 0
    assert len(formula.runs) == 3
    replay = launched("--flagfile=swept/flags.txt", "--workdir=replay")
    assert replay.code == 0, replay.err
    first, second = (sweeps.read_sweep(folder) for folder in ("swept", "replay"))
    assert [p.settings for p in first.points] == [p.settings for p in second.points]
    configs = [json.loads(pathlib.Path(f, "config.json").read_text()) for f in ("swept", "replay")]
    assert configs[0] == configs[1]
    alone = {p.number: json.loads((p.folder / "config.json").read_text()) for p in first.points}
    assert [alone[n]["cell"] for n in (0, 2, 4)] == [
        f"Elman(hidden={n}, activation=tanh)" for n in (2, 3, 4)
    ]


@pytest.mark.full
def test_a_finished_sweep_grows(formula):
    for text, steps in (("seed=0:2", 4), ("seed=0:3", 4), ("seed=0:3", 6)):
        done = launched(
            *(word for word in ADDING if "steps" not in word),
            f"--steps={steps}",
            f"--sweep={text}",
            "--workdir=swept",
        )
        assert done.code == 0, done.err
    assert done.result[1]["finished"] == "3"
    assert [len(run) for run in formula.runs] == [2, 1, 2, 1]
    refused = launched(*ADDING, "--sweep=seed=0:3", "--workdir=swept")
    assert (refused.code, refused.err) == (
        2,
        "error: --steps=4: the folder's runs have 6: name another --workdir\n",
    )


@pytest.mark.parametrize(
    ("sweep", "options", "line"),
    [
        ("learning_rat=1", (), "--sweep: no flag 'learning_rat' to vary; did you mean learning_"),
        ("workdir=a,b", (), "--sweep: no flag 'workdir' to vary; one of alike, batch_size, "),
        ("length=4,5", (), "--length is in --sweep: leave the flag itself out"),
        ("learning_rate", (), "'learning_rate' has no =: an axis"),
        (
            "clip_norm=0.1,-1",
            (),
            "flag --clip_norm=-1: -1 is not a finite number, above 0, or none",
        ),
        ("warmup_steps=0,4", (), "warmup_steps 4 must be less than steps 4"),
        ("seed=0:2", ("--trials=3",), "--trials is for a search"),
        ("seed=0:2", ("--storage=nosuch://x",), "storage nosuch://x"),
        ("seed=0:2", ("--storage=none/study.journal",), "storage "),
        ("seed=0:2", ("--slurm=gpus=1",), "--slurm is for Slurm: it needs --executor=slurm"),
        ("seed=0:2", ("--executor=slurm",), "--executor=slurm: there is no sbatch here"),
        ("seed=0:2", ("--coordinator=auto",), "--coordinator is for one run; a sweep is shared"),
        ("seed=0:2", ("--profile",), "--profile is for one run, not for those of a sweep: leave"),
        ("seed=0:2", ("--eval_only",), "--eval_only is for one run, not for those of a sweep: "),
    ],
)
def test_wrong_sweeps_get_one_line_and_leave_nothing_behind(
    formula, tmp_path, sweep, options, line
):
    done = launched(*ADDING, f"--sweep={sweep}", "--workdir=swept", *options)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {line}")
    assert done.err.count("\n") == 1
    assert (formula.runs, list(tmp_path.iterdir())) == ([], [])


def test_what_is_asked_of_slurm_is_read_before_anything_is_written(formula, tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sbatch").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    options = ("--executor=slurm", "--slurm=partitoin=gpu", "--workdir=swept")
    done = launched(*ADDING, "--sweep=seed=0:2", *options)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.startswith("error: --slurm: no 'partitoin'; one of account, ")
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


@pytest.mark.parametrize(
    ("options", "storage"),
    [
        (SweepOptions(), "/sweep/study.db"),
        (SweepOptions(executor="slurm"), "/sweep/study.journal"),
        (SweepOptions(executor="slurm", storage="mysql://host/lab"), "mysql://host/lab"),
    ],
)
def test_machines_of_a_cluster_share_a_journal_unless_told_otherwise(options, storage):
    assert sweep_module._storage(options, pathlib.Path("/sweep")) == storage


@pytest.mark.parametrize(
    ("worker", "workers", "cores", "gpus"),
    [
        (0, 2, {0, 2}, "4,6"),
        (1, 2, {1, 3}, "5"),
        (3, 4, {3}, "4"),
        (5, 6, {0, 1, 2, 3}, "6"),
    ],
)
def test_workers_divide_cores_and_gpus(monkeypatch, worker, workers, cores, gpus):
    taken = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", lambda _, own: taken.append(own), raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6")
    sweep_module._take_own_part(worker, workers)
    assert (set(taken[0]), os.environ["CUDA_VISIBLE_DEVICES"]) == (cores, gpus)


@pytest.mark.full
def test_two_workers_share_a_sweep(tmp_path):
    """Processes as users start them."""
    root = pathlib.Path(__file__).parents[2]
    done = subprocess.run(
        (
            *(sys.executable, str(root / "launch.py"), *ADDING),
            *("--sweep=learning_rate=1e-3,1e-2;seed=0:2", "--workers=2", "--workdir=swept"),
        ),
        cwd=tmp_path,
        env={**os.environ, "JAX_DISABLE_MOST_OPTIMIZATIONS": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "4 points, 2 programs to run" in done.stdout
    assert "finished=4" in done.stdout.splitlines()[-1]
    swept = sweeps.read_sweep(tmp_path / "swept")
    assert swept.counts() == {"finished": 4}
    logs = [path.read_text() for path in sorted((swept.folder / "workers").iterdir())]
    assert logs == ["", ""]
