"""Opens the Optuna study that holds a sweep, for one process or many."""

import pathlib
import warnings
from typing import Any, NamedTuple

import optuna
import sqlalchemy.event
from optuna.exceptions import ExperimentalWarning, OptunaError
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from rnnjax.sweeps.units import queue_again

_SQLITE = b"SQLite format 3"  # how its files begin
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


def open_study(
    storage: str,
    name: str,
    *,
    higher_is_better: bool,
    sampler: optuna.samplers.BaseSampler | None = None,
    pruner: optuna.pruners.BasePruner | None = None,
    heartbeat: Heartbeat = Heartbeat(),  # noqa: B008 (it is immutable)
) -> optuna.Study:
    """Opens a study, or makes it where there is none of this name; Optuna's log is turned off.

    The process that makes a new SQLite file has to be done with it before workers open it. SQLite
    is for processes on one machine; for several machines name a database server.

    Args:
        storage: a file for SQLite, in a folder that exists, or a database URL such as
            `postgresql+psycopg://user@host/database`, whose driver has to be installed.
        name: of the study; a database holds many.
        higher_is_better: whether to maximise the objective.
        sampler: what suggests parameters, where objectives ask for any. Workers with the same seed
            would suggest the same points: give each its own.
        pruner: what stops hopeless trials, where objectives report intermediate values.
        heartbeat: the same in all processes of a sweep.

    Returns:
        The study; `plan_units` fills it and `work` works on it.

    Raises:
        ValueError: if the storage cannot be opened, or holds a study of this name that goes the
            other way.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    url = _url(storage)
    direction = StudyDirection.MAXIMIZE if higher_is_better else StudyDirection.MINIMIZE
    try:
        study = optuna.create_study(
            storage=_open_storage(url, heartbeat),
            study_name=name,
            direction=direction,
            sampler=sampler,
            pruner=pruner,
            load_if_exists=True,
        )
    except (SQLAlchemyError, OptunaError, ImportError) as error:
        reason = str(error.__cause__ or error).strip().partition("\n")[0]
        raise ValueError(f"storage {url} cannot be opened: {reason}") from error
    if study.direction is not direction:
        there = "maximises" if study.direction is StudyDirection.MAXIMIZE else "minimises"
        raise ValueError(f"storage {url} holds a study {name!r} that {there}: choose another name")
    return study


def _url(storage: str) -> sqlalchemy.URL:
    """Reads a file name or a database URL; as text it does not show the password."""
    if "://" not in storage:
        file = pathlib.Path(storage).expanduser().absolute()
        if file.is_file() and file.stat().st_size and not file.read_bytes().startswith(_SQLITE):
            raise ValueError(f"storage {file} is another kind of file: nothing is written to it")
        return sqlalchemy.URL.create("sqlite", database=str(file))
    try:
        url = sqlalchemy.make_url(storage)
    except (ArgumentError, ValueError) as error:
        scheme = storage.partition("://")[0]
        raise ValueError(f"storage {scheme}://... is no database URL") from error
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise ValueError(f"storage {storage} is the memory of one process: name a file")
    return url


def _open_storage(url: sqlalchemy.URL, heartbeat: Heartbeat) -> RDBStorage:
    sqlite = url.get_backend_name() == "sqlite"
    arguments: dict[str, Any] = {"timeout": _LOCK_SECONDS, "isolation_level": None}
    text = url.render_as_string(hide_password=False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Argument ``heartbeat_interval``", ExperimentalWarning)
        storage = RDBStorage(
            text.replace("{", "{{").replace("}", "}}"),  # Optuna formats it
            engine_kwargs={"connect_args": arguments} if sqlite else {"pool_pre_ping": True},
            heartbeat_interval=heartbeat.interval,
            grace_period=heartbeat.grace,
            heartbeat_stale_trial_callback=queue_again,
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
