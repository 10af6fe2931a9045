"""Carries out a sweep: plans it, shares it among workers, and reports what came of it."""

import math
import os
import pathlib
import shutil
import sys
from collections.abc import Callable
from typing import Any

import jax
import optuna
from absl import flags
from rich.console import Console

from experiments import _common, _flags, _points, _run, _unit
from rnnjax import sweeps
from rnnjax.training.workdir import describe_environment, open_workdir, write_json

FLAGS = flags.FLAGS
_OWN = ("sweep", "sampler", "trials", "pruner")  # what decides the points


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
    shared = FLAGS.workers > 1 or FLAGS.executor != "local"
    if shared:
        jax.config.update("jax_platforms", "cpu")  # the accelerators are the workers'
    _common.use_all_devices()
    problem = _check_all(build, plan)
    config = _config(plan)
    given = FLAGS.workdir or _run.default_workdir(f"{FLAGS.experiment}-sweep", config)
    workdir = pathlib.Path(given).expanduser().absolute()
    _check_executor()
    if FLAGS.storage:
        _open_study(workdir, problem)  # raises what is wrong with it before anything is written
    env = describe_environment(FLAGS.seed)
    with open_workdir(workdir, flags=_flags_text(plan), config=config, env=env):
        plan = _points.as_begun(plan, workdir)
        print(problem.about)
        print(f"{plan.size} points, {len(plan.units)} programs to run; {workdir}")
        _describe(workdir, plan, problem)
        study = _open_study(workdir, problem)
        sweeps.plan_units(study, len(plan.units))
        try:
            if shared:
                _share(study, workdir)
            else:
                _do_units(study, plan, build, workdir)
        finally:
            left, failed = _finish(study, plan, workdir)
            sweeps.write_report(workdir)
    sweeps.print_report(workdir, Console())
    print(_result_line(workdir))
    if failed:
        raise RuntimeError(
            f"{len(failed)} programs failed, the first because {failed[0]}; {workdir}"
        )
    if left:
        raise RuntimeError(f"{left} programs are not done: the same command goes on; {workdir}")


def _work(build: Callable[[], _run.Problem], workdir: pathlib.Path) -> None:
    if FLAGS.executor == "local":
        _take_own_part(FLAGS.sweep_worker, FLAGS.workers)
    _common.use_all_devices()
    plan = _points.as_begun(_points.read_plan(), workdir)
    with _points.flags_set(_points.typical(plan)):
        problem = build()
    _do_units(_open_study(workdir, problem), plan, build, workdir)


def _take_own_part(worker: int, workers: int) -> None:
    """Leaves the other workers on this machine their cores and GPUs; before JAX is used."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[worker::workers] or cores)
    there = sorted(path.name[6:] for path in pathlib.Path("/dev").glob("nvidia[0-9]*"))
    if gpus := [g for g in os.environ.get("CUDA_VISIBLE_DEVICES", ",".join(there)).split(",") if g]:
        own = gpus[worker::workers] or [gpus[worker % len(gpus)]]
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(own)


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
    """Raises what is wrong with any point before one is run; returns the first one's problem.

    Where the points are not known yet, each value of each axis is looked at.
    """
    first, problems = _points.typical(plan), {}
    known = [first | point for unit in plan.units for point in unit]
    one_by_one = [
        first | {name: value} for name, axis in plan.space.items() for value in _points.values(axis)
    ]
    for settings in known if FLAGS.sampler != "tpe" else one_by_one:
        program = frozenset(i for i in settings.items() if i[0] not in _flags.POPULATION)
        with _points.flags_set(settings):
            if program not in problems:
                problems[program] = build()
                _run.check(problems[program])
            _run.run_of(problems[program], 1)
    return next(iter(problems.values()))


def _check_executor() -> None:
    """Raises what is wrong with where the workers are to run."""
    slurm = [
        name for name in _flags.NOT_SETTINGS if name.startswith("slurm") and FLAGS[name].present
    ]
    if slurm and FLAGS.executor != "slurm":
        raise ValueError(f"--{slurm[0]} is for Slurm: it needs --executor=slurm")
    if FLAGS.executor == "slurm" and shutil.which("sbatch") is None:
        raise ValueError("--executor=slurm: there is no sbatch here")


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
            "points": plan.size,
            "units": plan.units,
        },
    )


def _finish(
    study: optuna.Study, plan: _points.Plan, workdir: pathlib.Path
) -> tuple[int, list[str]]:
    """Marks the points that are not done; returns how many units are left, and why some failed."""
    reasons, left = [], 0
    for unit, trials in sweeps.tries_of(study).items():
        state = sweeps.state_of(trials)
        if state is sweeps.UnitState.FAILED:
            reasons.append(trials[-1].user_attrs.get("error", "its worker was killed twice"))
        elif state is not sweeps.UnitState.FINISHED:
            left += 1
        if state in (sweeps.UnitState.FAILED, sweeps.UnitState.STOPPED):
            for number in _points.numbers_of(plan, unit):
                _unit.mark(workdir, number, state.name.lower())
    return left, reasons


def _result_line(workdir: pathlib.Path) -> str:
    sweep = sweeps.read_sweep(workdir)
    best = sweep.ranked()[:1]
    value = best[0].result(sweep.metric) if best else None
    words = [f"{k}={v}" for k, v in best[0].settings.items()] if best and value is not None else []
    shown = "none" if value is None or not math.isfinite(value) else f"{value:.4g}"
    counts = " ".join(f"{status}={n}" for status, n in sweep.counts().items() if n)
    report = f"report={workdir / 'report.html'}"
    return " ".join([FLAGS.experiment, f"best_test_{sweep.metric}={shown}", *words, counts, report])
