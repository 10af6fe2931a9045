"""What a worker does: unit after unit, until there is none left."""

import contextlib
import logging
import math
import time
import warnings
from collections.abc import Callable
from typing import cast

import optuna
from optuna.exceptions import ExperimentalWarning, UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from rnnjax.sweeps.units import ERROR, STOPPED, unit_of

Objective = Callable[[optuna.Trial, int], float]

_LOOK_SECONDS = 1.0  # between looks at what other workers do

logger = logging.getLogger(__name__)


def work(
    study: optuna.Study,
    objective: Objective,
    *,
    catch: tuple[type[Exception], ...] = (RuntimeError,),
    on_wait: Callable[[], object] | None = None,
) -> None:
    """Does units until none waits and none runs elsewhere, whose worker could still die.

    Any number of processes can do this at once on one study. A unit whose worker is killed is
    tried once more, by whoever is there, with the parameters that it had.

    Args:
        study: from `open_study`, with units from `plan_units`.
        objective: does a unit, given its trial and its number, and returns what is optimised. The
            number says all in a grid; otherwise the trial suggests. The trial's own number says
            nothing, because a unit may take two trials. A point that diverged returns the worst
            there is, inf or -inf, which Optuna keeps and learns from; NaN is a failure. A pruned
            one raises `optuna.TrialPruned`. A worker that was silent for too long can find its
            unit done by another, so results are written to be replaced by equal ones.
        catch: errors of a single unit, which fails for good; the worker goes on. All others end
            the worker, and `plan_units` queues the unit again, as it does after Ctrl-C.
        on_wait: called about once a second while only others work.
    """
    seen: set[int] = set()
    looked_again = False
    while True:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*fail_stale_trials", ExperimentalWarning)
            optuna.storages.fail_stale_trials(study)
        states = (TrialState.WAITING, TrialState.RUNNING)
        left = study.get_trials(deepcopy=False, states=states)
        if not left:
            failed = study.get_trials(deepcopy=False, states=(TrialState.FAIL,))
            if looked_again or not failed:
                return
            looked_again = True  # another worker may be about to queue what it has just failed
            time.sleep(_LOOK_SECONDS)
            continue
        looked_again = False
        if any(trial.state is TrialState.WAITING for trial in left):
            _work_once(study, objective, catch)
            continue
        _give_heartbeat(study, [trial for trial in left if trial.number not in seen])
        seen |= {trial.number for trial in left}
        if on_wait is not None:
            on_wait()
        time.sleep(_LOOK_SECONDS)


def _work_once(
    study: optuna.Study, objective: Objective, catch: tuple[type[Exception], ...]
) -> None:
    attempt = _Attempt(objective, catch)
    try:
        # Heartbeats come from `optimize` alone, not from ask and tell.
        study.optimize(attempt, n_trials=1, catch=(*catch, _SurplusError))
    except Exception:  # Optuna raises one thing or another where a trial has been failed meanwhile
        if attempt.stopped_by is not None:
            raise attempt.stopped_by from None
        if not attempt.was_given_up(study):
            raise
        logger.warning(
            "unit %s took too long to show life: its result counts no more", attempt.unit
        )


class _SurplusError(Exception):
    """Ends a trial that Optuna made because another worker was faster at the last one waiting."""


class _Attempt:
    """One call of an objective, and what Optuna does not tell of its end."""

    def __init__(self, objective: Objective, catch: tuple[type[Exception], ...]):
        self._objective, self._catch = objective, catch
        self._number: int | None = None
        self.unit: int | None = None
        self.stopped_by: BaseException | None = None

    def __call__(self, trial: optuna.Trial) -> float:
        self.unit = unit_of(trial)
        if self.unit is None:
            raise _SurplusError
        self._number = trial.number
        try:
            value = float(self._objective(trial, self.unit))
        except optuna.TrialPruned:
            raise
        except self._catch as error:
            self._note_error(trial, str(error).strip().partition("\n")[0] or repr(error))
            raise
        except (Exception, KeyboardInterrupt) as error:
            self.stopped_by = error
            with contextlib.suppress(UpdateFinishedTrialError):
                trial.set_user_attr(STOPPED, True)
            raise
        if math.isnan(value):
            self._note_error(trial, "the objective is not a number")
        return value

    def was_given_up(self, study: optuna.Study) -> bool:
        """Whether others took this worker for dead while it worked."""
        if self._number is None:
            return False
        return study.get_trials(deepcopy=False)[self._number].state is TrialState.FAIL

    def _note_error(self, trial: optuna.Trial, text: str) -> None:
        with contextlib.suppress(UpdateFinishedTrialError):
            trial.set_user_attr(ERROR, text)
            logger.warning("unit %s failed: %s", self.unit, text)


def _give_heartbeat(study: optuna.Study, running: list[FrozenTrial]) -> None:
    """Gives one heartbeat to trials that others run.

    Optuna never takes a trial for dead that has shown no life at all, as when its worker was killed
    just after it took the trial. From here on the silence of each is counted.
    """
    storage = cast("RDBStorage", study._storage)
    for trial in running:
        storage.record_heartbeat(trial._trial_id)
