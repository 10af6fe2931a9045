import json

import pytest

from experiments import _unit
from rnnjax import sweeps
from rnnjax.training.recording import read_metrics
from tests.experiments.launching import launched

ECHO = (
    "--experiment=echo",
    "--cell=Elman(3)",
    "--length=60",
    "--steps=8",
    "--batch_size=2",
    "--log_every=4",
    "--eval_every=4",
)


def swept(tmp_path, sweep, *argv):
    done = launched(*ECHO, f"--sweep={sweep}", f"--workdir={tmp_path / 'sweep'}", *argv)
    return done, tmp_path / "sweep"


def test_a_grid_runs_every_point_as_it_would_run_alone(tmp_path):
    axes = "cell=Elman(3),GRU(2);learning_rate=1e-2,1e-1;seed=0:2;clip_norm=none,0.1"
    done = launched(*ECHO[:1], *ECHO[2:], f"--sweep={axes}", f"--workdir={tmp_path / 'sweep'}")
    assert (done.code, done.err) == (0, "")
    name, words = done.result
    sweep = sweeps.read_sweep(tmp_path / "sweep")
    assert sweep.counts()["finished"] == len(sweep.points) == 16
    assert {p.name for p in (tmp_path / "sweep" / "units").iterdir()} == {"0000", "0001"}
    best = sweep.ranked()[0]
    assert (name, words["best_test_loss"]) == ("echo", f"{best.final['loss']:.4g}")
    assert {k: words[k] for k in best.settings} == best.settings
    for point in (best, sweep.points[3], sweep.points[12]):
        folder = tmp_path / "alone" / str(point.number)
        alone = launched(f"--flagfile={point.folder / 'flags.txt'}", f"--workdir={folder}")
        assert alone.code == 0, alone.err
        assert json.loads((folder / "config.json").read_text()) == json.loads(
            (point.folder / "config.json").read_text()
        )
        lines, wanted = read_metrics(point.folder), read_metrics(folder)
        assert [line["loss"] for line in lines] == pytest.approx(
            [line["loss"] for line in wanted], abs=1e-5
        )
    assert (tmp_path / "sweep" / "report.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    "sampler",
    [pytest.param(other, marks=pytest.mark.full) for other in ("random", "qmc")] + ["tpe"],
)
def test_a_search_runs_every_point_with_all_the_seeds(tmp_path, sampler):
    axes = "learning_rate=log(1e-3,1e-1);cell=choice(Elman(2),GRU(2));seed=3,4"
    argv = [word for word in ECHO if not word.startswith("--cell")]
    options = (f"--sampler={sampler}", "--trials=3", "--pruner=none")
    folder = tmp_path / "sweep"
    done = launched(*argv, f"--sweep={axes}", f"--workdir={folder}", *options)
    assert (done.code, done.err) == (0, "")
    groups = sweeps.read_sweep(folder).groups()
    assert [len(group.points) for group in groups] == [2, 2, 2]
    assert all({point.settings["seed"] for point in g.points} == {"3", "4"} for g in groups)
    assert len({group.settings["learning_rate"] for group in groups}) == 3
    assert all(1e-3 <= float(group.settings["learning_rate"]) <= 1e-1 for group in groups)


def test_a_sweep_that_was_stopped_goes_on_and_does_nothing_twice(tmp_path, monkeypatch):
    train, done = _unit.train, []

    def stopping(points, *rest):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(sorted(points))
        return train(points, *rest)

    axes = "length=60,62,64;seed=0:2"
    argv = [word for word in ECHO if not word.startswith("--length")]
    command = (*argv, f"--sweep={axes}", f"--workdir={tmp_path / 'sweep'}")
    with monkeypatch.context() as patch:
        patch.setattr("experiments._unit.train", stopping)
        assert launched(*command).code == 130
    folder = tmp_path / "sweep"
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("points/*/summary.json")}
    assert (len(done), len(kept)) == (2, 4)
    again = launched(*command)
    assert (again.code, again.err) == (0, "")
    assert sweeps.read_sweep(folder).counts()["finished"] == 6
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    replay = launched(f"--flagfile={folder / 'flags.txt'}", f"--workdir={tmp_path / 'replay'}")
    assert (replay.code, replay.err) == (0, "")
    first, second = (sweeps.read_sweep(f) for f in (folder, tmp_path / "replay"))
    assert [p.final for p in first.points] == [p.final for p in second.points]


def test_a_point_that_diverges_is_the_worst_and_no_error(tmp_path):
    done, folder = swept(tmp_path, "learning_rate=1e-2,1e38", "--clip_norm=none", "--cell=LRU(2)")
    assert done.code == 0, done.err
    assert [point.status for point in sweeps.read_sweep(folder).ranked()] == [
        "finished",
        "diverged",
    ]


@pytest.mark.parametrize(
    ("sweep", "options", "line"),
    [
        (
            "learning_rat=1",
            (),
            "--sweep: no flag 'learning_rat' to vary; did you mean learning_rate?",
        ),
        ("workdir=a,b", (), "--sweep: no flag 'workdir' to vary; one of batch_size, "),
        ("learning_rate=1e-3,nan", (), "flag --learning_rate=nan: nan is not a finite number"),
        ("learning_rate=x", (), "flag --learning_rate=x: "),
        ("learning_rate=uniform(-1,1)", (), "flag --learning_rate=-1.0: -1.0 is not a finite "),
        ("learning_rate=log(1e-3,1e-1)", (), "--sweep: learning_rate is a range, for --sampler"),
        ("learning_rate=1,2", ("--learning_rate=3",), "--learning_rate is in --sweep: leave the "),
        ("learning_rate", (), "'learning_rate' has no =: an axis"),
        ("delay=3,90", (), "Echo(delay=90, length=60): needs 1 <= delay"),
        ("warmup_steps=0,8", (), "warmup_steps 8 must be less than steps 8"),
        ("weight_decay=0.1", (), "adam has no weight decay"),
        ("dropout=0,0.5", (), "--dropout is between layers"),
        ("seed=0:2", ("--trials=3",), "--trials is for a search"),
        ("seed=0:2", ("--sampler=tpe",), "--sampler=tpe needs --trials"),
        ("seed=0:2", ("--sampler=tpe", "--trials=2"), "--sweep varies nothing but the seed"),
        ("delay=1,2", ("--sampler=random", "--trials=2", "--pruner=median"), "--pruner compares"),
        ("delay=1,2", ("--storage=nosuch://x",), "storage nosuch://x"),
        ("delay=1,2", ("--workers=0",), "flag --workers=0"),
        ("delay=1,2", ("--slurm_gpus=1",), "--slurm_gpus is for Slurm: it needs --executor=slurm"),
        ("delay=1,2", ("--executor=slurm",), "--executor=slurm: there is no sbatch here"),
        (
            "unroll=scan,scann;learning_rate=log(1e-3,1e-1)",
            ("--sampler=tpe", "--trials=2"),
            "unknown name 'scann'",
        ),
    ],
)
def test_wrong_sweeps_get_one_line_and_leave_nothing_behind(tmp_path, sweep, options, line):
    done, _ = swept(tmp_path, sweep, *options)
    assert done.code == 2
    assert done.err.startswith(f"error: {line}")
    assert done.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_flags_of_a_sweep_mean_nothing_alone(tmp_path):
    done = launched(*ECHO, "--workers=2", f"--workdir={tmp_path / 'run'}")
    assert (done.code, done.err) == (2, "error: --workers is for a sweep: it needs --sweep\n")


def test_a_report_is_made_of_a_folder_alone(tmp_path):
    _, folder = swept(tmp_path, "seed=0:2")
    (folder / "report.html").unlink()
    done = launched(f"--sweep_report={folder}")
    assert (done.code, done.err) == (0, "")
    assert (folder / "report.html").exists()
    wrong = launched(f"--sweep_report={tmp_path}")
    assert wrong.code == 2
    assert wrong.err == f"error: {tmp_path} holds no sweep: there is no sweep.json in it\n"
