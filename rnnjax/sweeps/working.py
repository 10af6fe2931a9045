"""What a worker does: unit after unit, until there is none left."""

import contextlib
import functools
import logging
import time
import warnings
from collections.abc import Callable
from typing import cast

import optuna
from optuna.exceptions import ExperimentalWarning, UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from rnnjax.runs.interrupts import end_if_asked
from rnnjax.sweeps.study import has_heartbeat
from rnnjax.sweeps.units import ERROR, SAVED, STOPPED, WORKER, queue_again, unit_of
from rnnjax.sweeps.workers import own_name, release_of

Do = Callable[[int, Callable[[], None]], object]

_LOOK_SECONDS = 1.0  # between looks at what other workers do

logger = logging.getLogger(__name__)


def work(
    queue: optuna.Study,
    do: Do,
    *,
    catch: tuple[type[Exception], ...] = (RuntimeError,),
    on_end: Callable[[], object] = lambda: None,
    on_wait: Callable[[], object] = lambda: None,
) -> None:
    """Does units until none waits and none runs elsewhere, whose worker could still die.

    Any number of processes can do this at once on one study. A unit whose worker is killed is
    tried again by whoever is there, unless that has come to nothing twice in a row.

    Args:
        queue: from `open_queue`, with units from `plan_units`.
        do: does a unit, given its number and what to call whenever more of it is saved. A worker
            that was silent for too long can find its unit done by another, so results are written
            to be replaced by equal ones.
        catch: errors of a single unit, which fails for good; the worker goes on. All others end
            the worker, and `plan_units` queues the unit again; after Ctrl-C, or another signal to
            end, it is in the queue at once.
        on_end: called after each unit that this process has done.
        on_wait: called about once a second while only others work.
    """
    release_of(queue, own_name())
    seen: set[int] = set()
    looked_again = False
    while True:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*fail_stale_trials", ExperimentalWarning)
            optuna.storages.fail_stale_trials(queue)
        states = (TrialState.WAITING, TrialState.RUNNING)
        left = queue.get_trials(deepcopy=False, states=states)
        if not left:
            failed = queue.get_trials(deepcopy=False, states=(TrialState.FAIL,))
            if looked_again or not failed:
                return
            looked_again = True  # another worker may be about to queue what it has just failed
            time.sleep(_LOOK_SECONDS)
            continue
        looked_again = False
        if any(trial.state is TrialState.WAITING for trial in left):
            _work_once(queue, do, catch)
            on_end()
            end_if_asked()  # as its last unit came to its end
            continue
        if has_heartbeat(queue):
            _give_heartbeat(queue, [trial for trial in left if trial.number not in seen])
        seen |= {trial.number for trial in left}
        on_wait()
        time.sleep(_LOOK_SECONDS)


def _work_once(queue: optuna.Study, do: Do, catch: tuple[type[Exception], ...]) -> None:
    attempt = _Attempt(do, catch)
    try:
        # Heartbeats come from `optimize` alone, not from ask and tell.
        queue.optimize(attempt, n_trials=1, catch=(*catch, _SurplusError))
    # Optuna raises one thing or another where a trial has been failed meanwhile, or where a signal
    # reaches it while it writes down how a trial has ended.
    except (Exception, KeyboardInterrupt) as error:
        stopped_by = attempt.stopped_by or _signal_behind(error)
        if isinstance(stopped_by, KeyboardInterrupt):
            attempt.give_back(queue)
        if stopped_by is not None:
            raise stopped_by from None
        if not attempt.was_given_up(queue):
            raise
        logger.warning(
            "unit %s took too long to show life: its result counts no more", attempt.unit
        )


def _signal_behind(error: BaseException | None) -> KeyboardInterrupt | None:
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error


class _SurplusError(Exception):
    """Ends a trial that Optuna made because another worker was faster at the last one waiting."""


class _Attempt:
    """One try of a unit, and what Optuna does not tell of its end."""

    def __init__(self, do: Do, catch: tuple[type[Exception], ...]):
        self._do, self._catch = do, catch
        self._number: int | None = None
        self.unit: int | None = None
        self.stopped_by: BaseException | None = None

    def __call__(self, trial: optuna.Trial) -> float:
        self.unit = unit_of(trial)
        if self.unit is None:
            raise _SurplusError
        self._number = trial.number
        try:
            trial.set_user_attr(WORKER, own_name())
            self._do(self.unit, functools.partial(_note_saved, trial))
        except self._catch as error:
            self._note_error(trial, str(error).strip().partition("\n")[0] or repr(error))
            raise
        except (Exception, KeyboardInterrupt) as error:
            self.stopped_by = error
            with contextlib.suppress(UpdateFinishedTrialError):
                trial.set_user_attr(STOPPED, True)
            raise
        return 0.0  # what units are worth is in the study of results

    def give_back(self, queue: optuna.Study) -> None:
        """Lets others do the unit at once, after a signal to end."""
        release_of(queue, own_name())  # what Optuna has not come to fail
        if self._number is not None:
            queue_again(queue, queue.get_trials(deepcopy=False)[self._number])

    def was_given_up(self, queue: optuna.Study) -> bool:
        """Whether others took this worker for dead while it worked."""
        if self._number is None:
            return False
        return queue.get_trials(deepcopy=False)[self._number].state is TrialState.FAIL

    def _note_error(self, trial: optuna.Trial, text: str) -> None:
        with contextlib.suppress(UpdateFinishedTrialError):
            trial.set_user_attr(ERROR, text)
            logger.warning("unit %s failed: %s", self.unit, text)


def _note_saved(trial: optuna.Trial) -> None:
    """Notes that a try was not in vain; once, as more would tell nothing new."""
    if SAVED not in trial.user_attrs:
        with contextlib.suppress(UpdateFinishedTrialError):
            trial.set_user_attr(SAVED, True)


def _give_heartbeat(queue: optuna.Study, running: list[FrozenTrial]) -> None:
    """Gives one heartbeat to trials that others run.

    Optuna never takes a trial for dead that has shown no life at all, as when its worker was killed
    just after it took the trial. From here on the silence of each is counted.
    """
    storage = cast("RDBStorage", queue._storage)
    for trial in running:
        storage.record_heartbeat(trial._trial_id)
