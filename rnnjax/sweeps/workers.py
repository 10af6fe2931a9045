"""Who does a unit, and whether they still live: for a study whose storage has no heartbeat."""

import enum
import os
import pathlib
import socket
import time
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from rnnjax.sweeps.units import WORKER, give_up, queue_again

NAME = "RNNJAX_WORKER"  # the variable that names a worker which an executor has named
SLURM = "slurm"  # what the names of Slurm's jobs begin with

_NAMELESS_SECONDS = 60.0  # what a worker has, once it has taken a unit, to say who it is
_STOPPED = {"CANCELLED", "DEADLINE", "NODE_FAIL", "PREEMPTED", "REVOKED", "TIMEOUT"}
_LIVING = {
    *("", "UNKNOWN", "PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "READY"),
    *("REQUEUED", "RESIZING", "SUSPENDED"),
}


class WorkerState(enum.Enum):
    """What has become of a worker."""

    LIVES = enum.auto()
    STOPPED = enum.auto()  # from outside: its time was over, or its place was wanted
    DIED = enum.auto()


def own_name() -> str:
    """Returns what this process is called among workers.

    Example:
        >>> state_of_worker(own_name()).name
        'LIVES'
    """
    return os.environ.get(NAME) or name_of(os.getpid())


def name_of(process: int) -> str:
    """Returns what a process of this machine is called among workers, unless it was given a name.

    Example:
        >>> name_of(os.getpid()).split("/")[1] == str(os.getpid())
        True
    """
    return f"{socket.gethostname()}/{process}/{_started(process)}"


def state_of_worker(name: str) -> WorkerState:
    """Returns what has become of the worker of this name, see `own_name`.

    Of one on another machine that is no job of Slurm's nothing is known: it is taken for dead.
    """
    where, _, rest = name.partition("/")
    if where == SLURM:
        return _state_of_job(rest)
    number, _, started = rest.partition("/")
    lives = where == socket.gethostname() and _started(int(number)) == started
    return WorkerState.LIVES if lives else WorkerState.DIED


def release_of(queue: optuna.Study, name: str) -> None:
    """Queues again what a worker was doing that was told to end; it counts as no try.

    Args:
        queue: the study that workers work on.
        name: of the worker: of this one, where Slurm has started it anew.
    """
    for trial in queue.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if trial.user_attrs.get(WORKER) == name:
            give_up(queue, trial, killed=False)
            queue_again(queue, trial)


class Watchdog:
    """Gives the units of dead workers to others, where no heartbeat tells of a death.

    Args:
        queue: the study that workers work on.
    """

    def __init__(self, queue: optuna.Study):
        self._queue = queue
        self._nameless: dict[int, float] = {}

    def look(self, ended: frozenset[str] = frozenset()) -> int:
        """Queues again what dead workers were doing; returns how many units that is.

        Args:
            ended: the names of workers that are known to have ended.
        """
        found = 0
        for trial in self._queue.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            state = self._state(trial)
            if state is WorkerState.LIVES and trial.user_attrs.get(WORKER) in ended:
                state = WorkerState.DIED
            if state is not WorkerState.LIVES:
                give_up(self._queue, trial, killed=state is WorkerState.DIED)
                queue_again(self._queue, trial)
                found += 1
        return found

    def _state(self, trial: FrozenTrial) -> WorkerState:
        name = trial.user_attrs.get(WORKER)
        if name is not None:
            return state_of_worker(name)
        since = self._nameless.setdefault(trial.number, time.monotonic())
        return (
            WorkerState.DIED if time.monotonic() - since > _NAMELESS_SECONDS else WorkerState.LIVES
        )


def import_submitit() -> Any:
    """Returns the module `submitit`, which is not let configure logging for the whole process."""
    before = os.environ.get("SUBMITIT_LOG_LEVEL")
    os.environ["SUBMITIT_LOG_LEVEL"] = "NOCONFIG"
    try:
        import submitit
    finally:
        if before is None:
            del os.environ["SUBMITIT_LOG_LEVEL"]
        else:
            os.environ["SUBMITIT_LOG_LEVEL"] = before
    return submitit


def _state_of_job(job: str) -> WorkerState:
    words = import_submitit().SlurmJob.watcher.get_state(job).upper().split()
    state = words[0].rstrip("+") if words else ""  # "CANCELLED by 1000"
    if state in _LIVING:
        return WorkerState.LIVES
    return WorkerState.STOPPED if state in _STOPPED else WorkerState.DIED


def _started(process: int) -> str | None:
    """Returns when a process of this machine began, where that is known; None if it has ended."""
    try:
        stat = pathlib.Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return None if pathlib.Path("/proc/self/stat").exists() else _answers(process)
    state, *rest = stat.rpartition(")")[2].split()
    return None if state == "Z" else rest[18]  # the 22nd word: proc(5)


def _answers(process: int) -> str | None:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return "some time"
