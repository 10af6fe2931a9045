"""The units of a sweep: numbered pieces of work, each done once, as trials of an Optuna study."""

import enum
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import optuna
from optuna.trial import FrozenTrial, TrialState

TRIES = 2  # of a unit whose worker dies
ERROR = "error"  # the trial's attribute that says why the objective failed
STOPPED = "stopped"  # the trial's attribute that marks one given up before its end
_UNIT = "unit"
_ENDED = {TrialState.COMPLETE, TrialState.PRUNED}


class UnitState(enum.Enum):
    """What has become of a unit, judged by all its trials."""

    FINISHED = enum.auto()  # one of them is complete or pruned
    RUNNING = enum.auto()
    WAITING = enum.auto()  # in the queue
    STOPPED = enum.auto()  # begun and given up, with a try left: `plan_units` queues it again
    FAILED = enum.auto()  # the objective failed, or every try killed its worker


class Counts(NamedTuple):
    """How many units of a sweep have come how far; those stopped wait for the next start."""

    finished: int
    running: int
    waiting: int
    failed: int

    @property
    def done(self) -> bool:
        """Whether no unit is left to do."""
        return self.running == self.waiting == 0


def plan_units(study: optuna.Study, count: int) -> None:
    """Queues the units of a sweep, as far as they are not yet in the study.

    Called again, it adds what is missing: the rest of a plan that was cut short, more units where
    `count` has grown, and another try of units that were stopped (with the parameters they had).
    One process plans; workers only work.

    Args:
        study: from `open_study`.
        count: units are numbered from 0 to `count - 1`.
    """
    tries = tries_of(study)
    for unit, trials in tries.items():
        if state_of(trials) is UnitState.STOPPED:
            _queue(study, unit, trials[-1].params)
    for unit in range(count):
        if unit not in tries:
            _queue(study, unit, {})


def unit_of(trial: FrozenTrial | optuna.Trial) -> int | None:
    """Returns the number of the unit that a trial does, None for a trial without work."""
    return trial.user_attrs.get(_UNIT)


def tries_of(study: optuna.Study) -> dict[int, list[FrozenTrial]]:
    """Returns the trials of each unit by its number, the oldest first."""
    found: dict[int, list[FrozenTrial]] = {}
    for trial in study.get_trials(deepcopy=False):
        unit = unit_of(trial)
        if unit is not None:
            found.setdefault(unit, []).append(trial)
    return found


def state_of(trials: Sequence[FrozenTrial]) -> UnitState:
    """Returns what has become of the unit that `trials` are all the trials of."""
    states = {trial.state for trial in trials}
    if states & _ENDED:
        return UnitState.FINISHED
    if TrialState.RUNNING in states:
        return UnitState.RUNNING
    if TrialState.WAITING in states:
        return UnitState.WAITING
    failed = [trial for trial in trials if STOPPED not in trial.user_attrs]
    if len(failed) >= TRIES or any(ERROR in trial.user_attrs for trial in failed):
        return UnitState.FAILED
    return UnitState.STOPPED


def progress_of(study: optuna.Study) -> Counts:
    """Counts units, not trials: a unit that was tried twice is one."""
    states = [state_of(trials) for trials in tries_of(study).values()]
    waiting = states.count(UnitState.WAITING) + states.count(UnitState.STOPPED)
    return Counts(
        finished=states.count(UnitState.FINISHED),
        running=states.count(UnitState.RUNNING),
        waiting=waiting,
        failed=states.count(UnitState.FAILED),
    )


def release_units(study: optuna.Study) -> None:
    """Gives up what is running, to be queued again by `plan_units`, once all workers have ended.

    A worker that was busy compiling when it was asked to end had no time to do so itself; what it
    was doing is not to count as a try that killed it.
    """
    storage = study._storage
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        storage.set_trial_user_attr(trial._trial_id, STOPPED, True)
        storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)


def queue_again(study: optuna.Study, trial: FrozenTrial) -> None:
    """Queues the unit of a trial whose worker has died, if it has a try left."""
    unit = unit_of(trial)
    if unit is not None and state_of(tries_of(study)[unit]) is UnitState.STOPPED:
        _queue(study, unit, trial.params)


def _queue(study: optuna.Study, unit: int, params: Mapping[str, Any]) -> None:
    study.enqueue_trial(dict(params), user_attrs={_UNIT: unit})
