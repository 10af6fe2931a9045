"""One unit of a sweep: points that share a program, trained together, each in its folder."""

import contextlib
import pathlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import jax
import optuna
from optuna.trial import FrozenTrial, TrialState

from rnnjax import training
from rnnjax.runs.environment import batch_devices_of
from rnnjax.runs.folders import elsewhere, workdir_of
from rnnjax.runs.recording import read_metrics
from rnnjax.runs.run import train
from rnnjax.runs.summary import Summary
from rnnjax.runs.work import Run
from rnnjax.runs.workdir import read_json
from rnnjax.settings import Settings, problem
from rnnjax.settings.catalogue import short
from rnnjax.sweeps.folder import mark, point_folder
from rnnjax.sweeps.handles import check_open_files
from rnnjax.sweeps.mending import fault_of
from rnnjax.sweeps.plan import Plan
from rnnjax.sweeps.results import Results
from rnnjax.sweeps.sampling import Texts
from rnnjax.training.loop import Listener, Moment

Tell = Callable[[int, int], object]  # steps done, of how many


class Reporting(Listener):
    """Tells an Optuna trial the mean of a metric over members at each evaluation.

    Args:
        trial: what to tell; it may say to stop.
        metric: of the validation data.
        told: the steps of which it knows already.
    """

    def __init__(self, trial: optuna.Trial, metric: str, told: Collection[int] = ()):
        self._trial, self._metric, self._told = trial, metric, set(told)

    def evaluated(self, moment: Moment) -> None:
        """Tells the mean over members that are still here.

        Raises:
            optuna.TrialPruned: if the trial says to stop.
        """
        if not moment.here.any() or moment.step in self._told:
            return
        self._trial.report(moment.mean("validation")[self._metric], moment.step)
        if self._trial.should_prune():
            raise optuna.TrialPruned


class Until(Listener):
    """Prunes again where that was done before.

    Args:
        step: at which.
    """

    def __init__(self, step: int):
        self._step = step

    def evaluated(self, moment: Moment) -> None:
        """Looks at the step.

        Raises:
            optuna.TrialPruned: if it is there.
        """
        if moment.step >= self._step:
            raise optuna.TrialPruned


class Watched(NamedTuple):
    """Who watches a unit.

    Attributes:
        tell: is told how far training has come.
        saved: is called after each checkpoint.
        wandb: a project of Weights & Biases that gets the metrics as well.
    """

    tell: Tell = lambda done, steps: None
    saved: Callable[[], object] = lambda: None
    wandb: str | None = None


class Telling(Listener):
    """Tells how many steps are done, and of what is saved."""

    def __init__(self, watched: Watched, steps: int):
        self._watched, self._steps = watched, steps

    def logged(self, moment: Moment) -> None:
        """Tells."""
        self._watched.tell(moment.step, self._steps)

    def evaluated(self, moment: Moment) -> None:
        """Tells: a checkpoint has been written before."""
        self._watched.saved()


def train_unit(
    plan: Plan,
    unit: int,
    points: Sequence[Texts],
    results: Results,
    workdir: pathlib.Path,
    watched: Watched = Watched(),  # noqa: B008 (it is immutable)
) -> None:
    """Trains the points of a unit, and adds what they came to to the results.

    Of a unit that was done, those that have lost something since; the others are left alone.

    Args:
        plan: what is swept.
        unit: its number.
        points: the unit's points, as far as they are known before.
        results: the study of the points.
        workdir: the sweep's folder.
        watched: by whom.

    Raises:
        ValueError: if as many devices as were asked for are not there, or there are more points
            than a process may hold folders.
    """
    numbers = list(plan.numbers(unit))
    check_open_files(len(numbers))
    if plan.sampler != "tpe":
        known = dict(zip(numbers, points, strict=True))
        _train(plan, unit, _left(plan, known, workdir) or known, workdir, [], watched)
        results.record(plan.trials_of(unit))
        return
    ended = results.ended(numbers)
    if ended is not None:
        before = results.settings_of(ended)
        known = {number: before | point for number, point in zip(numbers, points, strict=True)}
        _train_again(plan, unit, _left(plan, known, workdir), ended, workdir, watched)
        return
    trial, settings = results.begin(numbers)
    told = results.report(trial, numbers)
    reporting = Reporting(trial, results.criterion.metric, told)
    searched = {number: settings | point for number, point in zip(numbers, points, strict=True)}
    try:
        _train(plan, unit, searched, workdir, [reporting], watched)
    except optuna.TrialPruned:
        mark(workdir, dict.fromkeys(numbers, "pruned"))
        results.finish(trial, numbers, pruned=True)
    else:
        results.finish(trial, numbers, pruned=False)


def _left(plan: Plan, points: Mapping[int, Texts], workdir: pathlib.Path) -> dict[int, Texts]:
    """Returns the points that are not done, or with other steps."""

    def is_done(number: int) -> bool:
        if fault_of(workdir, number, plan.axes) is not None:
            return False
        config = read_json(point_folder(workdir, number) / "config.json")
        return config.get("steps") == plan.settings.parse(points[number]).training.steps

    return {number: point for number, point in points.items() if not is_done(number)}


def _train_again(
    plan: Plan,
    unit: int,
    points: Mapping[int, Texts],
    trial: FrozenTrial,
    workdir: pathlib.Path,
    watched: Watched,
) -> None:
    """Makes again what was lost of a trial that has ended, which stays as it is."""
    if trial.state is not TrialState.PRUNED:
        if points:
            _train(plan, unit, points, workdir, [], watched)
        return
    step = max(trial.intermediate_values, default=0)
    gone = {n: p for n, p in points.items() if not _has_come_to(step, point_folder(workdir, n))}
    if gone:
        with contextlib.suppress(optuna.TrialPruned):
            _train(plan, unit, gone, workdir, [Until(step)], watched)
    if points:
        mark(workdir, dict.fromkeys(points, "pruned"), points)


def _has_come_to(step: int, folder: pathlib.Path) -> bool:
    """Says whether a run has been that far."""
    there = (folder / "config.json").exists()
    return there and any(line["step"] >= step for line in read_metrics(folder))


def _train(
    plan: Plan,
    unit: int,
    points: Mapping[int, Texts],
    workdir: pathlib.Path,
    listeners: Sequence[Listener],
    watched: Watched,
) -> None:
    """Trains points, and marks what has become of them."""
    alone, whole = len(points) == 1, len(points) == len(plan.units[unit])
    folders = [point_folder(workdir, number) for number in points]
    members = [plan.settings.parse(point) for point in points.values()]
    # One that is left of several has as many as it had among them.
    devices = _devices(members[0], folders[0], alone=alone and whole)
    home = f"{unit:04d}" if whole else f"{unit:04d}-{min(points)}"
    first = members[0]
    across = 1 if alone else min(jax.local_device_count() // devices, len(members))
    found = problem(first)
    run = Run(
        short(first.name),
        found,
        [member.numbers() for member in members],
        [workdir_of(m, folder) for m, folder in zip(members, folders, strict=True)],
        training.make_mesh(devices, members=across, time=first.training.time_devices),
        home=None if alone else workdir / "units" / home,
        data=first.task.token,
        changeable=frozenset({"steps"} | elsewhere(first)),
    )
    mark(workdir, dict.fromkeys(points, "running"), points)
    watching = [Telling(watched, found.plan.steps), *listeners]
    summaries: Sequence[Summary | None]
    try:
        summaries = train(run, listeners=watching, wandb=watched.wandb, show=False)
    except training.DivergedError:
        summaries = [None] * len(points)
    ends = ("diverged" if summary is None else "finished" for summary in summaries)
    mark(workdir, dict(zip(points, ends, strict=True)))


def _devices(settings: Settings, folder: pathlib.Path, *, alone: bool) -> int:
    """Returns over how many devices each point's batch is divided.

    Points of a population have one each, unless the settings say more. A point that was begun goes
    on with as many as it had, if they are there: sums depend on them in the last bits.
    """
    how, there = settings.training, jax.local_device_count()
    there //= how.time_devices
    if there < (how.devices or 1):
        name = "devices" if there else "time_devices"
        raise ValueError(f"--{name}={getattr(how, name)}: there are {jax.local_device_count()}")
    if how.devices or not alone:
        return how.devices or 1
    begun = batch_devices_of(folder)
    if begun is not None and begun <= there:
        return begun
    return training.suitable_devices(how.batch_size, there)
