"""A sweep that is at work: its folder and its two studies, for the launcher and for workers."""

import contextlib
import pathlib
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.trial import TrialState

from rnnjax.runs.environment import describe_environment, note_environment
from rnnjax.runs.folders import elsewhere
from rnnjax.runs.workdir import folder_of, open_workdir
from rnnjax.sweeps.begun import Begun, read_begun
from rnnjax.sweeps.criterion import Criterion
from rnnjax.sweeps.folder import (
    CHANGEABLE,
    config_of,
    flags_of,
    has_ended,
    mark,
    new_study,
    read_units,
    study_of,
    write_plan,
)
from rnnjax.sweeps.mending import mend
from rnnjax.sweeps.plan import Plan
from rnnjax.sweeps.progress import counted
from rnnjax.sweeps.report import write_report
from rnnjax.sweeps.results import Results
from rnnjax.sweeps.study import check_storage, empty, has_heartbeat, open_queue, open_results, used
from rnnjax.sweeps.unit import Tell, Watched, train_unit
from rnnjax.sweeps.units import ERROR, UnitState, plan_units, state_of, tries_of
from rnnjax.sweeps.workers import Watchdog
from rnnjax.sweeps.working import work

_OWNER = "workdir"  # the study's attribute that names its folder


_KILLED = "its worker was killed twice without coming further"


class OpenSweep(NamedTuple):
    """A sweep that is at work.

    Attributes:
        plan: what it does.
        folder: where it is written.
        queue: the study of its units.
        results: the study of its points.
    """

    plan: Plan
    folder: pathlib.Path
    queue: optuna.Study
    results: Results


class Outcome(NamedTuple):
    """What has become of the units of a sweep.

    Attributes:
        left: how many are not done.
        errors: why others have failed.
    """

    left: int
    errors: list[str]

    def check(self, folder: pathlib.Path) -> None:
        """Checks that all of them are finished.

        Raises:
            RuntimeError: if some are not, in one line.
        """
        if self.errors:
            raise RuntimeError(
                f"{counted(len(self.errors), 'program')} failed, the first because "
                f"{self.errors[0]}; --retry tries again; {folder}"
            )
        if self.left:
            raise RuntimeError(
                f"{counted(self.left, 'program')} left to do: the same command goes on; {folder}"
            )


@contextlib.contextmanager
def open_sweep(
    plan: Plan, criterion: Criterion, folder: pathlib.Path, storage: str, *, retry: bool = False
) -> Iterator[OpenSweep]:
    """Begins, goes on with or extends the sweep of a folder; at the end there is a report.

    Not where a signal is the end, as the workers are given ten seconds: `write_report` makes it.

    A folder has studies of its own, also where another of its name is in the storage. One that was
    moved or copied gets new ones in a storage outside of it: its finished runs are looked up.
    What is lost of points that were done is made again.

    Args:
        plan: what to do.
        criterion: what points are compared by.
        folder: absolute; made when missing.
        storage: of the studies, see `open_results`.
        retry: whether units that have failed are tried again.

    Raises:
        WorkdirError: if the folder is of something else.
        ValueError: if the storage cannot be used, or workers of the sweep to be extended live.
        RuntimeError: if it could be, and now fails.
    """
    if not _is_within(storage, folder):
        check_storage(storage)  # before anything is written
    env = describe_environment(plan.settings.training.seed)
    own = open_workdir(
        folder,
        flags=flags_of(plan),
        config=config_of(plan),
        env=env,
        changeable=CHANGEABLE | elsewhere(plan.settings),
    )
    with used(storage), own:
        note_environment(folder, env)  # the runs say it
        opened = _open_own(plan, criterion, folder, storage)
        begun = read_begun(folder)
        _refresh(opened.queue)
        mend(plan, folder, opened.queue)
        if plan.extended and begun is not None:
            _extend(opened, begun)
        write_plan(folder, plan, criterion, opened.results.study.study_name)
        plan_units(opened.queue, len(plan.units), retry=retry)
        try:
            yield opened
        except KeyboardInterrupt:
            _mark_what_failed(opened)  # a report takes longer than who sends a signal may wait
            raise
        except BaseException:
            _mark_what_failed(opened)
            write_report(folder)
            raise
        _mark_what_failed(opened)
        write_report(folder)


def join_sweep(
    plan: Plan,
    criterion: Criterion,
    folder: pathlib.Path,
    storage: str,
    worker: int = 0,
    *,
    study: str | None = None,
) -> OpenSweep:
    """Opens the studies of a sweep, for a worker.

    Args:
        plan: what the sweep does.
        criterion: what points are compared by.
        folder: absolute.
        storage: see `open_results`.
        worker: its number, which the draws of tpe depend on.
        study: the name of the study of results; by default the folder says it.

    Raises:
        ValueError: if the storage cannot be used.
    """
    name = study or study_of(folder)
    results = open_results(
        storage,
        name,
        higher_is_better=criterion.higher_is_better,
        pruner=optuna.pruners.MedianPruner() if plan.pruner == "median" else None,
    )
    # A sweep that goes on does not draw again what it began with.
    chances = (plan.settings.training.seed, worker, len(results.trials))
    seed = int(np.random.SeedSequence(chances).generate_state(1)[0])
    results.sampler = optuna.samplers.TPESampler(seed=seed)
    found = Results(results, plan, criterion, folder)
    return OpenSweep(plan, folder, open_queue(storage, name), found)


def do_units(
    opened: OpenSweep, tell: Tell = lambda done, steps: None, wandb: str | None = None
) -> None:
    """Does units in this process until none is left.

    Args:
        opened: the sweep.
        tell: is told how far the unit is that is done at the moment, steps and of how many; when it
            has ended, that 0 of the next are done.
        wandb: a project of Weights & Biases that gets the metrics as well.
    """
    look = (lambda: None) if has_heartbeat(opened.queue) else Watchdog(opened.queue).look

    def do(unit: int, saved: Callable[[], None]) -> None:
        plan = opened.plan._replace(units=read_units(opened.folder))
        watched = Watched(tell, saved, wandb)
        train_unit(plan, unit, plan.units[unit], opened.results, opened.folder, watched)

    work(opened.queue, do, on_end=lambda: tell(0, 1), on_wait=look)


def outcome_of(opened: OpenSweep) -> Outcome:
    """Returns what has become of the units."""
    errors, left = [], 0
    for trials in tries_of(opened.queue).values():
        state = state_of(trials)
        if state is UnitState.FAILED:
            errors.append(trials[-1].user_attrs.get(ERROR, _KILLED))
        elif state is not UnitState.FINISHED:
            left += 1
    return Outcome(left, errors)


def _open_own(plan: Plan, criterion: Criterion, folder: pathlib.Path, storage: str) -> OpenSweep:
    """Opens the studies of this very folder; its process alone does so."""
    opened = None
    if (folder / "sweep.json").exists():
        opened = join_sweep(plan, criterion, folder, storage)
        owner = opened.results.study.user_attrs.get(_OWNER, folder)
        if not (_is_within(storage, folder) or _is_same(owner, folder)):
            opened = None
    opened = opened or join_sweep(plan, criterion, folder, storage, study=new_study(folder))
    opened.results.study.set_user_attr(_OWNER, str(folder))
    return opened


def _is_same(owner: str | pathlib.Path, folder: pathlib.Path) -> bool:
    try:
        return folder.samefile(owner)
    except OSError:
        return False


def _is_within(storage: str, folder: pathlib.Path) -> bool:
    return "://" not in storage and folder_of(storage).parent == folder


def _refresh(queue: optuna.Study) -> None:
    """Gives up what dead workers of an earlier launcher were doing."""
    if not has_heartbeat(queue):
        Watchdog(queue).look()
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        optuna.storages.fail_stale_trials(queue)


def _extend(opened: OpenSweep, begun: Begun) -> None:
    """Makes the studies ready for more: what cannot grow in them is made again."""
    plan, queue, results = opened.plan, opened.queue, opened.results
    if queue.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        raise ValueError(f"{opened.folder}: workers of this sweep still run; extend it after them")
    if plan.sampler == "tpe":
        return
    empty(results.study)  # trials cannot change, nor can the values of a list
    if "steps" not in begun.axes and begun.steps != plan.settings.training.steps:
        empty(queue)
        return
    for unit, trials in tries_of(queue).items():
        if state_of(trials) is UnitState.FINISHED:
            results.record(plan.trials_of(unit))


def _mark_what_failed(opened: OpenSweep) -> None:
    """Marks the points of units that are not done, as far as they were begun."""
    failed: list[int] = []
    statuses: dict[int, str] = {}
    for unit, trials in tries_of(opened.queue).items():
        state = state_of(trials)
        if state is UnitState.FAILED:
            failed.append(unit)
        begun = state is UnitState.STOPPED or (state is UnitState.WAITING and len(trials) > 1)
        if begun or unit in failed:
            numbers = [n for n in opened.plan.numbers(unit) if not has_ended(opened.folder, n)]
            statuses |= dict.fromkeys(numbers, "stopped" if begun else "failed")
    mark(opened.folder, statuses)
    opened.results.abandon(failed)
