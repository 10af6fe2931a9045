"""The queue of a sweep: numbered units of work, each done once, as trials of an Optuna study."""

import enum
from collections.abc import Sequence
from typing import NamedTuple

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState

TRIES = 2  # in a row that may end without word and without a further checkpoint
ERROR = "error"  # the trial's attribute that says why its unit failed
STOPPED = "stopped"  # the trial's attribute that marks one given up before its end
WORKER = "worker"  # the trial's attribute that says who does it, see `workers`
SAVED = "saved"  # the trial's attribute that marks one that has come to a further checkpoint
_UNIT = "unit"  # the trial's attribute that says which unit it does
_ANEW = "anew"  # the trial's attribute that makes what came before it count no more


class UnitState(enum.Enum):
    """What has become of a unit, judged by all its trials."""

    FINISHED = enum.auto()  # one of them is complete, and what it made is there
    RUNNING = enum.auto()
    WAITING = enum.auto()  # in the queue
    STOPPED = enum.auto()  # begun and given up, with a try left: `plan_units` queues it again
    FAILED = enum.auto()  # it failed by itself, or killed its worker `TRIES` times on one spot


class Counts(NamedTuple):
    """How many units of a sweep have come how far; those stopped wait for the next start.

    Example:
        >>> Counts(finished=2, running=1, waiting=0, failed=1).ended
        3
    """

    finished: int
    running: int
    waiting: int
    failed: int

    @property
    def ended(self) -> int:
        """How many units are done with, for better or worse."""
        return self.finished + self.failed

    @property
    def done(self) -> bool:
        """Whether no unit is left to do."""
        return self.running == self.waiting == 0


def plan_units(queue: optuna.Study, count: int, *, retry: bool = False) -> None:
    """Queues the units of a sweep, as far as they are not yet in the study.

    Called again, it adds what is missing: the rest of a plan that was cut short, more units where
    `count` has grown, and another try of units that were stopped. One process plans; workers only
    work.

    Args:
        queue: from `open_queue`.
        count: units are numbered from 0 to `count - 1`.
        retry: whether units that have failed are tried again, as if for the first time.
    """
    tries = tries_of(queue)
    for unit, trials in tries.items():
        state = state_of(trials)
        if state is UnitState.STOPPED:
            _enqueue(queue, unit)
        elif state is UnitState.FAILED and retry:
            _enqueue(queue, unit, anew=True)
    for unit in range(count):
        if unit not in tries:
            _enqueue(queue, unit)


def plan_again(queue: optuna.Study, unit: int) -> None:
    """Queues a unit that is finished once more: what it has left is no longer whole."""
    _enqueue(queue, unit, anew=True)


def unit_of(trial: FrozenTrial | optuna.Trial) -> int | None:
    """Returns the number of the unit that a trial does, None for a trial without work."""
    return trial.user_attrs.get(_UNIT)


def tries_of(queue: optuna.Study) -> dict[int, list[FrozenTrial]]:
    """Returns the trials of each unit by its number, the oldest first."""
    found: dict[int, list[FrozenTrial]] = {}
    for trial in queue.get_trials(deepcopy=False):
        unit = unit_of(trial)
        if unit is not None:
            found.setdefault(unit, []).append(trial)
    return found


def state_of(trials: Sequence[FrozenTrial]) -> UnitState:
    """Returns what has become of the unit that `trials` are all the trials of."""
    anew = [index for index, trial in enumerate(trials) if _ANEW in trial.user_attrs]
    trials = trials[anew[-1] :] if anew else trials
    states = {trial.state for trial in trials}
    if TrialState.COMPLETE in states:
        return UnitState.FINISHED
    if TrialState.RUNNING in states:
        return UnitState.RUNNING
    if TrialState.WAITING in states:
        return UnitState.WAITING
    in_vain = 0
    for trial in trials:
        if STOPPED in trial.user_attrs:
            continue
        if ERROR in trial.user_attrs:
            in_vain = TRIES
        elif in_vain < TRIES:
            in_vain = 0 if SAVED in trial.user_attrs else in_vain + 1
    return UnitState.FAILED if in_vain >= TRIES else UnitState.STOPPED


def progress_of(queue: optuna.Study) -> Counts:
    """Counts units, not trials: a unit that was tried twice is one."""
    states = [state_of(trials) for trials in tries_of(queue).values()]
    waiting = states.count(UnitState.WAITING) + states.count(UnitState.STOPPED)
    return Counts(
        finished=states.count(UnitState.FINISHED),
        running=states.count(UnitState.RUNNING),
        waiting=waiting,
        failed=states.count(UnitState.FAILED),
    )


def release_units(queue: optuna.Study) -> None:
    """Gives up what is running, to be queued again by `plan_units`, once all workers have ended.

    A worker that was busy compiling when it was asked to end had no time to do so itself; what it
    was doing is not to count as a try that killed it.
    """
    for trial in queue.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        give_up(queue, trial, killed=False)


def give_up(queue: optuna.Study, trial: FrozenTrial, *, killed: bool) -> None:
    """Ends a running trial whose worker has ended; it may have ended the trial meanwhile.

    Args:
        queue: the study.
        trial: of it.
        killed: whether the try counts as one that killed its worker.
    """
    storage = queue._storage
    try:
        if not killed:
            storage.set_trial_user_attr(trial._trial_id, STOPPED, True)
        storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
    except UpdateFinishedTrialError:
        pass


def queue_again(queue: optuna.Study, trial: FrozenTrial) -> None:
    """Queues the unit of a trial that has ended before its time, if it has a try left."""
    unit = unit_of(trial)
    if unit is not None and state_of(tries_of(queue)[unit]) is UnitState.STOPPED:
        _enqueue(queue, unit)


def _enqueue(queue: optuna.Study, unit: int, *, anew: bool = False) -> None:
    queue.enqueue_trial({}, user_attrs={_UNIT: unit} | ({_ANEW: True} if anew else {}))
