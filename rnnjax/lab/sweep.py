"""A sweep from the command line: its launcher, and the workers that it starts."""

import os
import pathlib
import sys
from collections.abc import Collection, Sequence

import jax
from rich.console import Console

from rnnjax import sweeps
from rnnjax.lab.devices import use_all_devices
from rnnjax.lab.options import RunOptions, SweepOptions
from rnnjax.runs.folders import default_workdir
from rnnjax.runs.workdir import folder_of
from rnnjax.settings import Settings
from rnnjax.settings.catalogue import short
from rnnjax.sweeps.begun import read_begun
from rnnjax.sweeps.checks import check_plan
from rnnjax.sweeps.executors import Command, Debug, Executor, Local, Worker, start_workers
from rnnjax.sweeps.folder import config_of, read_criterion
from rnnjax.sweeps.handles import raise_open_files
from rnnjax.sweeps.in_process import do_here
from rnnjax.sweeps.opened import OpenSweep, do_units, join_sweep, open_sweep, outcome_of
from rnnjax.sweeps.plan import Plan, make_plan
from rnnjax.sweeps.progress import SweepProgress, counted
from rnnjax.sweeps.slurm import check_slurm, read_slurm
from rnnjax.sweeps.study import used
from rnnjax.sweeps.watching import Replacing, watch
from rnnjax.training import DivergedError


def sweep(
    settings: Settings,
    options: SweepOptions,
    run_options: RunOptions,
    *,
    given: Collection[str] = (),
    again: Sequence[str] = (),
) -> int:
    """Carries out the sweep that options spell, or a worker's part of it; returns the exit code.

    Args:
        settings: what all points share.
        options: what is swept, and who does it.
        run_options: where it is written.
        given: the settings that the command line names.
        again: the command line, which workers get as well.

    Raises:
        ValueError: if something is wrong with them, in one line, before anything is written.
        DivergedError: if all points have diverged.
        RuntimeError: if some could not be trained.
    """
    raise_open_files()
    if options.sweep_worker is not None:
        _work(settings, options, run_options, options.sweep_worker)
        return 0
    executor = _executor(options)
    shared = options.workers > 1 or options.executor != "local"
    if shared:
        jax.config.update("jax_platforms", "cpu")  # the accelerators are the workers'
    use_all_devices(settings.training, run_options)
    plan, folder = _plan(settings, options, run_options, given)
    criterion = check_plan(plan, here=not shared)
    where = _storage(options, folder)
    with open_sweep(plan, criterion, folder, where, retry=options.retry) as opened:
        print(settings.task.description)
        points, programs = counted(plan.size, "point"), counted(len(plan.units), "program")
        print(f"{points}, {programs} to run; {folder}")
        name = f"{short(settings.name)} sweep"
        if shared:
            _share(opened, executor, options.workers, again, name)
        else:
            do_here(opened, name, wandb=run_options.wandb)
    sweeps.print_report(folder, Console())
    found = sweeps.read_sweep(folder)
    if found.points and all(point.status == "diverged" for point in found.points):
        raise DivergedError(
            f"all {counted(len(found.points), 'point')} have diverged: lower the learning rate or "
            f"clip the gradients; {folder}"
        )
    print(result_line(found))
    outcome_of(opened).check(folder)
    return 0


def result_line(found: sweeps.Sweep) -> str:
    """Returns the last line of a sweep: the best settings, and what they came to.

    Of points that differ in their seed alone it is the mean.
    """
    best = next((group for group in found.groups() if group.result is not None), None)
    words = [found.experiment]
    if best is None or best.result is None:
        words.append(f"best_{found.split}_{found.metric}=none")
    else:
        words.append(f"best_{found.split}_{found.metric}={best.result.mean:.4g}")
        if found.split != "test" and best.test is not None:
            words.append(f"test_{found.metric}={best.test.mean:.4g}")
        words += [f"{name}={text}" for name, text in best.settings.items()]
    words += [f"{status}={count}" for status, count in found.counts().items()]
    return " ".join([*words, f"report={found.folder / 'report.html'}"])


def _plan(
    settings: Settings,
    options: SweepOptions,
    run_options: RunOptions,
    given: Collection[str] = (),
) -> tuple[Plan, pathlib.Path]:
    """Returns what to do, as far as it is begun as it was, and the folder."""
    assert options.sweep is not None, "without --sweep this is a run"
    folder = folder_of(run_options.workdir) if run_options.workdir else None
    begun = read_begun(folder) if folder else None
    plan = make_plan(
        settings,
        options.sweep,
        sampler=options.sampler,
        trials=options.trials,
        pruner=options.pruner,
        population=options.population,
        workers=options.workers,
        given=given,
        begun=begun,
    )
    if folder is None:
        folder = folder_of(default_workdir(f"{short(settings.name)}-sweep", config_of(plan)))
        plan = _plan(settings, options, RunOptions(workdir=str(folder)), given)[0]
    return plan, folder


def _work(settings: Settings, options: SweepOptions, run_options: RunOptions, worker: int) -> None:
    """Does a worker's part."""
    if options.executor == "local":
        _take_own_part(worker, options.workers)
    use_all_devices(settings.training, run_options)
    plan, folder = _plan(settings, options, run_options)
    where = _storage(options, folder)
    opened = join_sweep(plan, read_criterion(folder), folder, where, worker)
    with used(where):
        do_units(opened, wandb=run_options.wandb)


def _share(
    opened: OpenSweep, executor: Executor, workers: int, again: Sequence[str], name: str
) -> None:
    """Starts the workers, each an ordinary process of the launcher, and waits for them."""
    program, *words = again
    argv = (sys.executable, str(pathlib.Path(program).absolute()), *words)
    commands = [  # the last of equal flags counts
        Command((*argv, f"--workdir={opened.folder}", f"--sweep_worker={worker}"), {})
        for worker in range(workers)
    ]
    started = start_workers(executor, commands, opened.folder / "workers")

    def start(number: int) -> Worker:
        return executor.start([commands[number]], [pathlib.Path(started[number].output)])[0]

    replacing = Replacing(start) if isinstance(executor, Local) else None  # Slurm has its own rules
    with SweepProgress(name) as progress:
        watch(started, opened.queue, progress, best=opened.results.best, replacing=replacing)


def _executor(options: SweepOptions) -> Executor:
    """Returns where the workers are to run.

    Raises:
        ValueError: if that is not here, or is told what it cannot be.
    """
    if options.slurm is not None and options.executor != "slurm":
        raise ValueError("--slurm is for Slurm: it needs --executor=slurm")
    if options.executor != "slurm":
        return Local() if options.executor == "local" else Debug()
    check_slurm()
    return read_slurm(options.slurm)


def _storage(options: SweepOptions, folder: pathlib.Path) -> str:
    """Returns where the studies are: SQLite is for processes on one machine."""
    usual = "study.journal" if options.executor == "slurm" else "study.db"
    return options.storage or str(folder / usual)


def _take_own_part(worker: int, workers: int) -> None:
    """Leaves the other workers on this machine their cores and GPUs; before JAX is used."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[worker::workers] or cores)
    there = sorted(path.name[6:] for path in pathlib.Path("/dev").glob("nvidia[0-9]*"))
    if gpus := [g for g in os.environ.get("CUDA_VISIBLE_DEVICES", ",".join(there)).split(",") if g]:
        own = gpus[worker::workers] or [gpus[worker % len(gpus)]]
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(own)
