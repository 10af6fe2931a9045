"""Opens the two Optuna studies of a sweep: the queue of its units, and what came of its points."""

import contextlib
import pathlib
import re
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import optuna
import sqlalchemy.event
from optuna.exceptions import ExperimentalWarning, OptunaError, TrialPruned
from optuna.storages import BaseStorage, RDBStorage
from optuna.study import StudyDirection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from rnnjax.runs.workdir import folder_of
from rnnjax.sweeps.journal import REMEDY, SUFFIX, open_journal
from rnnjax.sweeps.units import queue_again

_SQLITE = b"SQLite format 3"  # how its files begin
_FAILED = re.compile("disk is full|disk I/O error")  # what SQLite says that is not the user's fault
_DAMAGED = re.compile("malformed|not a database")  # what it says of half a file
_LOCK_SECONDS = 60  # how long a process waits for its turn at an SQLite file


class Heartbeat(NamedTuple):
    """How soon the death of a worker is noticed.

    A worker that compiles can be silent for seconds while another thread holds the interpreter, so
    `grace` is several beats.

    Attributes:
        interval: seconds from one sign of life of a busy worker to the next.
        grace: seconds of silence after which it is taken for dead, and its unit is tried again.
    """

    interval: int = 5
    grace: int = 20


def open_results(
    storage: str,
    name: str,
    *,
    higher_is_better: bool,
    sampler: optuna.samplers.BaseSampler | None = None,
    pruner: optuna.pruners.BasePruner | None = None,
) -> optuna.Study:
    """Opens the study of a sweep's points, or makes it; it is the one for people to look at.

    Args:
        storage: a file, in a folder that exists: of SQLite, for processes on one machine, or, where
            its name ends in `.journal`, of Optuna's journal, which several machines may share; or a
            database URL such as `postgresql+psycopg://user@host/database`, whose driver has to be
            installed. The process that makes a new file of SQLite has to be done with it before
            workers open it.
        name: of the sweep; a storage holds many.
        higher_is_better: whether to maximise the objective.
        sampler: what suggests parameters. Workers with the same seed would suggest the same points:
            give each its own.
        pruner: what stops hopeless trials.

    Returns:
        The study. Optuna's log is turned off.

    Raises:
        ValueError: if the storage cannot be opened, or holds a study of this name that goes the
            other way.

    Example:
        >>> import tempfile
        >>> file = tempfile.mkdtemp() + "/study.db"
        >>> open_results(file, "adding", higher_is_better=False).direction.name
        'MINIMIZE'
    """
    direction = StudyDirection.MAXIMIZE if higher_is_better else StudyDirection.MINIMIZE
    study = _open(storage, name, direction, None, sampler=sampler, pruner=pruner)
    if study.direction is not direction:
        there = "maximises" if study.direction is StudyDirection.MAXIMIZE else "minimises"
        raise ValueError(
            f"storage {_shown(storage)} holds a study {name!r} that {there}: choose another name"
        )
    return study


def open_queue(
    storage: str,
    name: str,
    *,
    heartbeat: Heartbeat = Heartbeat(),  # noqa: B008 (it is immutable)
) -> optuna.Study:
    """Opens the queue of a sweep's units, `name`-work, which `plan_units` fills for `work`.

    Args:
        storage: see `open_results`. A journal knows no heartbeat: there `workers` tells who lives.
        name: of the sweep.
        heartbeat: the same in all processes of a sweep.

    Raises:
        ValueError: if the storage cannot be opened.

    Example:
        >>> import tempfile
        >>> queue = open_queue(tempfile.mkdtemp() + "/study.journal", "adding")
        >>> queue.study_name, has_heartbeat(queue)
        ('adding-work', False)
    """
    return _open(storage, f"{name}-work", StudyDirection.MINIMIZE, heartbeat)


def check_storage(storage: str) -> None:
    """Checks that studies can be kept there, and makes none.

    Raises:
        ValueError: if the storage cannot be opened.
    """
    with _translated(storage):
        _open_storage(storage, None)


def has_heartbeat(study: optuna.Study) -> bool:
    """Says whether the storage of a study notices by itself that a worker is dead."""
    interval = getattr(study._storage, "get_heartbeat_interval", lambda: None)
    return interval() is not None


def empty(study: optuna.Study) -> None:
    """Takes all trials out of a study, which stays open.

    Example:
        >>> study = optuna.create_study()
        >>> _ = study.ask()
        >>> empty(study)
        >>> study.trials
        []
    """
    storage, name, attributes = study._storage, study.study_name, study.user_attrs
    storage.delete_study(study._study_id)
    study._study_id = storage.create_new_study(study.directions, name)
    for key, value in attributes.items():
        study.set_user_attr(key, value)


def _open(
    storage: str,
    name: str,
    direction: StudyDirection,
    heartbeat: Heartbeat | None,
    **options: Any,
) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with _translated(storage):
        return optuna.create_study(
            storage=_open_storage(storage, heartbeat),
            study_name=name,
            direction=direction,
            load_if_exists=True,
            **options,
        )


@contextlib.contextmanager
def used(storage: str) -> Iterator[None]:
    """Turns what the libraries beneath say of a storage that was opened into one line.

    Raises:
        RuntimeError: it cannot be read or written any more, as on a full disk.

    Example:
        >>> with used("study.journal"):
        ...     raise OptunaError("database or disk is full")
        Traceback (most recent call last):
        ...
        RuntimeError: storage ...study.journal cannot be used: database or disk is full
    """
    try:
        yield
    except TrialPruned:
        raise
    except (SQLAlchemyError, OptunaError) as error:
        said = f"cannot be used: {_reason(error)}{_remedy(storage, error)}"
        raise RuntimeError(f"storage {_shown(storage)} {said}") from error


@contextlib.contextmanager
def _translated(storage: str) -> Iterator[None]:
    """Turns what the libraries beneath say of a storage that is opened into one line."""
    try:
        yield
    except (SQLAlchemyError, OptunaError, ImportError) as error:
        kind = RuntimeError if _FAILED.search(_reason(error)) else ValueError
        said = f"cannot be opened: {_reason(error)}{_remedy(storage, error)}"
        raise kind(f"storage {_shown(storage)} {said}") from error


def _reason(error: Exception) -> str:
    return str(error.__cause__ or error).strip().partition("\n")[0]


def _remedy(storage: str, error: Exception) -> str:
    """Returns what helps where a file is damaged."""
    damaged = "://" not in storage and _DAMAGED.search(_reason(error))
    return f"; {REMEDY}" if damaged else ""


def _open_storage(storage: str, heartbeat: Heartbeat | None) -> BaseStorage:
    if "://" in storage:
        return _open_database(_url(storage), heartbeat)
    file = folder_of(storage)
    if file.suffix == SUFFIX:
        return open_journal(file)
    if file.is_file() and file.stat().st_size and not _begin(file).startswith(_SQLITE):
        raise ValueError(f"storage {file} is another kind of file: nothing is written to it")
    return _open_database(sqlalchemy.URL.create("sqlite", database=str(file)), heartbeat)


def _begin(file: pathlib.Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(len(_SQLITE))


def _shown(storage: str) -> str:
    """Returns a storage without its password."""
    return str(_url(storage) if "://" in storage else folder_of(storage))


def _url(storage: str) -> sqlalchemy.URL:
    try:
        url = sqlalchemy.make_url(storage)
    except (ArgumentError, ValueError) as error:
        scheme = storage.partition("://")[0]
        raise ValueError(f"storage {scheme}://... is no database URL") from error
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise ValueError(f"storage {storage} is the memory of one process: name a file")
    return url


def _open_database(url: sqlalchemy.URL, heartbeat: Heartbeat | None) -> RDBStorage:
    sqlite = url.get_backend_name() == "sqlite"
    arguments: dict[str, Any] = {"timeout": _LOCK_SECONDS, "isolation_level": None}
    beats: dict[str, Any] = {}
    if heartbeat is not None:
        beats = {
            "heartbeat_interval": heartbeat.interval,
            "grace_period": heartbeat.grace,
            "heartbeat_stale_trial_callback": queue_again,
        }
    text = url.render_as_string(hide_password=False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Argument ``heartbeat_interval``", ExperimentalWarning)
        storage = RDBStorage(
            text.replace("{", "{{").replace("}", "}}"),  # Optuna formats it
            engine_kwargs={"connect_args": arguments} if sqlite else {"pool_pre_ping": True},
            **beats,
        )
    if sqlite:
        sqlalchemy.event.listen(storage.engine, "begin", _begin_immediate)
    return storage


def _begin_immediate(connection: sqlalchemy.Connection) -> None:
    """Takes SQLite's lock before the first read of a transaction, not before its first write.

    Optuna reads a trial's state and then changes it. SQLite knows no SELECT FOR UPDATE, so that
    without this two workers can read WAITING and both run the trial.
    """
    connection.exec_driver_sql("BEGIN IMMEDIATE")
