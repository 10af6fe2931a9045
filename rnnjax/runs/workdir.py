"""The folder that a run writes: made once, owned by one process, kept for one configuration."""

import contextlib
import errno
import fcntl
import json
import logging
import math
import os
import pathlib
from collections.abc import Iterator
from typing import Any

from rnnjax.runs.durable import write_text

_LOCK = ".rnnjax-lock"
_NO_LOCKS = (errno.ENOTSUP, errno.ENOSYS, errno.ENOLCK)  # Lustre and NFS, as they may be mounted

logger = logging.getLogger(__name__)


class WorkdirError(ValueError):
    """A workdir that this run cannot use; the message is one line that says why."""


class LostWorkdirError(RuntimeError):
    """A workdir that was this run's and is no more."""


def folder_of(path: str | os.PathLike[str]) -> pathlib.Path:
    """Returns the absolute path of a folder, `~` expanded as a shell does.

    Args:
        path: as a user writes it.

    Raises:
        WorkdirError: `~somebody` is nobody here, or the name is not UTF-8.

    Example:
        >>> folder_of("~/runs/mnist") == pathlib.Path.home() / "runs" / "mnist"
        True
    """
    try:
        found = pathlib.Path(path).expanduser().absolute()
        str(found).encode()
    except UnicodeEncodeError as error:
        raise WorkdirError(f"the absolute path of {os.fspath(path)} is not UTF-8") from error
    except RuntimeError as error:
        raise WorkdirError(f"{os.fspath(path)}: there is no such user") from error
    return found


@contextlib.contextmanager
def open_workdir(
    path: str | os.PathLike[str],
    *,
    flags: str,
    config: dict[str, Any],
    env: dict[str, Any],
    changeable: frozenset[str] = frozenset(),
) -> Iterator[pathlib.Path]:
    """Opens the folder of a run, new or to be resumed, for this process alone.

    A new folder gets `flags.txt`, `config.json` and `env.json`. One that a run has written is left
    as it is, and has to have been written with an equal `config`, but for what is `changeable`:
    where that or a flag differs, `flags.txt` and `config.json` are written anew. A number of
    `devices` is compared where both have one: None leaves it to the machine. It is for the caller
    to `durable.sync` what is written. The lock is the kernel's, so it ends with the process,
    however that ends; a file system without locks gets a line in the log.

    Args:
        path: the folder; made when missing, its parents too.
        flags: what `--flagfile` replays, written as it is.
        config: the settings that decide the run's numbers, as JSON can hold them.
        env: where it is begun, as `describe_environment` tells it.
        changeable: the settings that may differ from what the folder has, such as `steps`.

    Yields:
        The folder's absolute path.

    Raises:
        WorkdirError: the settings differ, another process has the folder, it belongs to something
            else, or it cannot be written. Nothing is changed or left behind then.

    Example:
        >>> import tempfile
        >>> run = {"flags": "--steps=9", "config": {"steps": 9}, "env": {"seed": 0}}
        >>> with tempfile.TemporaryDirectory() as home:
        ...     with open_workdir(f"{home}/run", **run) as folder:
        ...         sorted(path.name for path in folder.iterdir())
        ['.rnnjax-lock', 'config.json', 'env.json', 'flags.txt']
    """
    folder = folder_of(path)
    config = json.loads(_to_json(config))
    _check_folder(folder, config, changeable)
    with _making(folder), _writing(folder):
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        with _writing(folder):
            _take_lock(lock, folder)
            # Again: it may have been written before the lock was ours.
            _check_folder(folder, config, changeable)
            _describe_run(folder, flags, config, env)
        yield folder
    finally:
        os.close(lock)


def lock_of(folder: pathlib.Path) -> tuple[int, int] | None:
    """Returns which file a folder is locked by, its device and its number; None for none."""
    try:
        found = (folder / _LOCK).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def write_json(path: str | os.PathLike[str], obj: Any, *, synced: bool = True) -> None:
    """Writes `obj` as JSON, so that a reader finds the old file or the new one, never a part.

    Args:
        path: the file.
        obj: what JSON can hold; NumPy and JAX arrays become lists and numbers, NaN and the
            infinities become null. The order of keys is kept.
        synced: whether to wait for the disk, see `durable`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_json(folder + "/summary.json", {"loss": math.nan})
        ...     pathlib.Path(folder, "summary.json").read_text().split()
        ['{', '"loss":', 'null', '}']
    """
    write_text(pathlib.Path(path), _to_json(obj) + "\n", synced=synced)


def read_json(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Reads the JSON object that a file holds.

    Args:
        path: the file.

    Raises:
        WorkdirError: it cannot be read, or holds something else.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_json(folder + "/summary.json", {"loss": 0.5})
        ...     read_json(folder + "/summary.json")
        {'loss': 0.5}
    """
    try:
        found = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WorkdirError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(found, dict):
        raise WorkdirError(f"{path} holds no JSON object")
    return found


def _to_json(obj: Any) -> str:
    return json.dumps(plain(obj), indent=2, allow_nan=False)


def plain(obj: Any) -> Any:
    """Returns `obj` in the types that JSON has, as `write_json` writes it."""
    if hasattr(obj, "tolist"):
        obj = obj.tolist()
    if isinstance(obj, dict):
        return {str(key): plain(value) for key, value in obj.items()}
    if isinstance(obj, list | tuple):
        return [plain(value) for value in obj]
    if isinstance(obj, float) and not math.isfinite(obj):
        return None
    return obj


def _check_folder(folder: pathlib.Path, config: dict[str, Any], changeable: frozenset[str]) -> None:
    """Raises WorkdirError unless the folder is missing, empty or of a run with this `config`."""
    with _writing(folder):
        if not folder.exists():
            return
        if not folder.is_dir():
            raise WorkdirError(f"workdir {folder} is a file, not a folder")
        names = {entry.name for entry in folder.iterdir()}
    if "config.json" in names:
        runs = _read_config(folder) or config, config
        if any(run.get("devices") is None for run in runs):  # left to the machine, so no setting
            changeable |= {"devices"}
        there, here = ({k: v for k, v in run.items() if k not in changeable} for run in runs)
        if found := differences(there, here):
            said = "; ".join(found)
            raise WorkdirError(f"workdir {folder} holds a run with other settings: {said}")
    elif names and _LOCK not in names:
        raise WorkdirError(f"workdir {folder} is not empty and holds no run: name another folder")


def _describe_run(folder: pathlib.Path, flags: str, config: dict, env: dict) -> None:
    """Writes the three files of a new folder, or renews the settings that have changed."""
    there = _read_config(folder)
    if there is None:
        write_json(folder / "env.json", env, synced=False)
    if there != config or _text(folder / "flags.txt") != flags:
        write_text(folder / "flags.txt", flags, synced=False)
        write_json(folder / "config.json", config, synced=False)  # last: it marks them complete


def _read_config(folder: pathlib.Path) -> dict[str, Any] | None:
    """Returns the settings of a run; None where it has none, or lost them before it saved anything.

    Raises:
        WorkdirError: what is there cannot be read, and checkpoints stand beside it.
    """
    path = folder / "config.json"
    if not path.exists():
        return None
    # What a power cut leaves of a file that was just begun.
    lost = not path.read_bytes().strip(b"\0")
    if lost and not any((folder / "checkpoints").glob("[0-9]*")):
        return None
    try:
        return read_json(path)
    except WorkdirError as error:
        raise WorkdirError(
            f"{error}; if the run had these settings, delete the file to go on"
        ) from error


def differences(there: dict[str, Any], here: dict[str, Any]) -> list[str]:
    """Names each setting that differs, with both values.

    Example:
        >>> differences({"steps": 9, "seed": 0}, {"steps": 5, "seed": 0})
        ['steps is 9 there, 5 here']
    """
    names = [*there, *(name for name in here if name not in there)]
    texts = [
        tuple(json.dumps(run[name]) if name in run else "not set" for run in (there, here))
        for name in names
    ]
    return [
        f"{name} is {old} there, {new} here"
        for name, (old, new) in zip(names, texts, strict=True)
        if old != new
    ]


def _text(path: pathlib.Path) -> str | None:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else None


def _take_lock(lock: int, folder: pathlib.Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise WorkdirError(f"workdir {folder}: another process is using it") from error
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        logger.warning("%s: no locks here; nothing notices a second process that writes", folder)


@contextlib.contextmanager
def _writing(folder: pathlib.Path) -> Iterator[None]:
    """Turns what the file system refuses into a WorkdirError."""
    try:
        yield
    except OSError as error:
        raise WorkdirError(f"workdir {folder} cannot be written: {error.strerror}") from error


@contextlib.contextmanager
def _making(folder: pathlib.Path) -> Iterator[None]:
    """Makes the folder and its parents, and takes them away again if the body fails."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        yield
    except WorkdirError:
        for path in made:
            with contextlib.suppress(OSError):
                path.rmdir()
        raise
