"""Carries out a sweep: plans it, shares it among workers, and reports what came of it."""

import math
import os
import pathlib
import sys
from collections.abc import Callable
from typing import Any

import optuna
from absl import flags
from rich.console import Console

from experiments import _common, _flags, _points, _run, _unit
from rnnjax import sweeps
from rnnjax.training.workdir import describe_environment, open_workdir, write_json

FLAGS = flags.FLAGS
_OWN = ("sweep", "sampler", "trials", "pruner", "population", "workers")  # what decides the points


def main(build: Callable[[], _run.Problem]) -> None:
    """Carries out the sweep that the flags spell, or a worker's part of it."""
    if FLAGS.sweep_worker is None:
        _launch(build)
    else:
        _work(build, pathlib.Path(FLAGS.workdir))


def _launch(build: Callable[[], _run.Problem]) -> None:
    plan = _points.read_plan()
    if FLAGS.pruner != "none" and FLAGS.sampler != "tpe":
        raise ValueError("--pruner compares points one after another: it needs --sampler=tpe")
    _common.use_all_devices()
    problem = _check_all(build, plan)
    config = _config(plan)
    given = FLAGS.workdir or _run.default_workdir(f"{FLAGS.experiment}-sweep", config)
    workdir = pathlib.Path(given).expanduser().absolute()
    if FLAGS.storage:
        _open_study(workdir, problem)  # raises what is wrong with it before anything is written
    env = describe_environment(FLAGS.seed)
    print(problem.about)
    print(f"{plan.points} points in {len(plan.units)} units of work; {workdir}")
    with open_workdir(workdir, flags=_flags_text(plan), config=config, env=env):
        _describe(workdir, plan, problem)
        study = _open_study(workdir, problem)
        sweeps.plan_units(study, len(plan.units))
        if FLAGS.workers == 1 and FLAGS.executor == "local":
            _do_units(study, plan, build, workdir)
        else:
            _share(study, workdir)
        left, failed = _finish(study, plan, workdir)
        sweeps.write_report(workdir)
    sweeps.print_report(workdir, Console())
    print(_result_line(workdir))
    if failed:
        raise RuntimeError(f"{failed} of {len(plan.units)} units failed; {workdir}")
    if left:
        raise RuntimeError(f"{left} units are not done: the same command goes on; {workdir}")


def _work(build: Callable[[], _run.Problem], workdir: pathlib.Path) -> None:
    if FLAGS.executor == "local" and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[FLAGS.sweep_worker :: FLAGS.workers] or cores)
    _common.use_all_devices()
    plan = _points.read_plan()
    with _points.flags_set(_points.typical(plan)):
        problem = build()
    _do_units(_open_study(workdir, problem), plan, build, workdir)


def _do_units(
    study: optuna.Study,
    plan: _points.Plan,
    build: Callable[[], _run.Problem],
    workdir: pathlib.Path,
) -> None:
    def objective(trial: optuna.Trial, unit: int) -> float:
        points = _points.of_unit(plan, unit, trial)
        return _unit.train(points, build, workdir / "units" / f"{unit:04d}", workdir, trial)

    sweeps.work(study, objective)


def _check_all(build: Callable[[], _run.Problem], plan: _points.Plan) -> _run.Problem:
    """Raises what is wrong with any point before one is run; returns the first one's problem."""
    problems = []
    checked = set()
    for unit in plan.units:
        settings = _points.typical(plan) | unit[0]
        program = tuple(i for i in settings.items() if i[0] not in _flags.POPULATION)
        if program not in checked:
            checked.add(program)
            with _points.flags_set(settings):
                problems.append(build())
                _run.check(problems[-1])
        for point in unit:
            with _points.flags_set(_points.typical(plan) | point):
                _run.run_of(problems[-1], 1)
    return problems[0]


def _open_study(workdir: pathlib.Path, problem: _run.Problem) -> optuna.Study:
    worker = FLAGS.sweep_worker or 0
    sampler = optuna.samplers.TPESampler(seed=(FLAGS.seed + 1000 * worker) % 2**32)
    pruner = optuna.pruners.MedianPruner() if FLAGS.pruner == "median" else None
    return sweeps.open_study(
        FLAGS.storage or str(workdir / "study.db"),
        workdir.name,
        higher_is_better=problem.best != "loss",
        sampler=sampler,
        pruner=pruner or optuna.pruners.NopPruner(),
    )


def _share(study: optuna.Study, workdir: pathlib.Path) -> None:
    """Starts the workers, each an ordinary process of the launcher, and waits for them."""
    if FLAGS.executor == "slurm":
        executor = sweeps.Slurm(
            partition=FLAGS.slurm_partition,
            cpus=FLAGS.slurm_cpus,
            gpus=FLAGS.slurm_gpus,
            minutes=FLAGS.slurm_minutes,
        )
    else:
        executor = sweeps.Local() if FLAGS.executor == "local" else sweeps.Debug()
    again = (sys.executable, str(pathlib.Path(sys.argv[0]).absolute()), *sys.argv[1:])
    commands = [  # the last of equal flags counts
        sweeps.Command((*again, f"--workdir={workdir}", f"--sweep_worker={i}"), {})
        for i in range(FLAGS.workers)
    ]
    workers = sweeps.start_workers(executor, commands, workdir / "workers")
    sweeps.watch(workers, study, f"{FLAGS.experiment} sweep")


def _config(plan: _points.Plan) -> dict[str, Any]:
    """Returns all that decides what a sweep does."""
    settings = {k: v for k, v in _run.settings(None).items() if k not in plan.axes}
    settings.pop("data_dir", None)
    return settings | {name: FLAGS[name].value for name in _OWN}


def _flags_text(plan: _points.Plan) -> str:
    """Returns a flag file that sweeps again, in whatever folder."""
    swept = {f"--{name}" for name in plan.axes}
    lines = _run.flags_text(None).splitlines()
    lines = [line for line in lines if line.partition("=")[0] not in swept]
    if "--hidden" in swept:  # which is for a cell given by its name
        lines = [f"--cell={FLAGS.cell}" if x.startswith("--cell=") else x for x in lines]
    lines += [f"--{name}={FLAGS[name].value}" for name in _OWN if FLAGS[name].value is not None]
    return "".join(f"{line}\n" for line in lines)


def _describe(workdir: pathlib.Path, plan: _points.Plan, problem: _run.Problem) -> None:
    """Writes what `sweeps.read_sweep` needs to know of the whole."""
    write_json(
        workdir / "sweep.json",
        {
            "experiment": FLAGS.experiment,
            "sweep": FLAGS.sweep,
            "axes": plan.axes,
            "metric": problem.best,
            "higher_is_better": problem.best != "loss",
            "points": plan.points,
        },
    )


def _finish(study: optuna.Study, plan: _points.Plan, workdir: pathlib.Path) -> tuple[int, int]:
    """Marks the points of units that failed; returns how many are not done, and how many failed."""
    for unit, trials in sweeps.tries_of(study).items():
        if sweeps.state_of(trials) is sweeps.UnitState.FAILED:
            for number in _points.numbers_of(plan, unit):
                _unit.mark(workdir, number, "failed")
    counts = sweeps.progress_of(study)
    return len(plan.units) - counts.finished - counts.failed, counts.failed


def _result_line(workdir: pathlib.Path) -> str:
    sweep = sweeps.read_sweep(workdir)
    best = sweep.ranked()[:1]
    value = best[0].result(sweep.metric) if best else None
    words = [f"{k}={v}" for k, v in best[0].settings.items()] if best and value is not None else []
    shown = "none" if value is None or not math.isfinite(value) else f"{value:.4g}"
    counts = " ".join(f"{status}={n}" for status, n in sweep.counts().items() if n)
    report = f"report={workdir / 'report.html'}"
    return " ".join([FLAGS.experiment, f"best_test_{sweep.metric}={shown}", *words, counts, report])
