"""The folder that a run writes: made once, owned by one process, kept for one configuration."""

import contextlib
import fcntl
import importlib.metadata
import json
import logging
import math
import os
import pathlib
import platform
import subprocess
from collections.abc import Iterator
from typing import Any

import jax

import rnnjax

_LOCK = ".rnnjax-lock"
_PACKAGES = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy")

logger = logging.getLogger(__name__)


class WorkdirError(ValueError):
    """A workdir that this run cannot use; the message is one line that says why."""


@contextlib.contextmanager
def open_workdir(
    path: str | os.PathLike[str],
    *,
    flags: str,
    config: dict[str, Any],
    env: dict[str, Any],
) -> Iterator[pathlib.Path]:
    """Opens the folder of a run, new or to be resumed, for this process alone.

    A new folder gets `flags.txt`, `config.json` and `env.json`. One that a run has written is left
    as it is, and has to have been written with an equal `config`; an environment that differs
    gets a line in the log. The lock is the kernel's, so it ends with the process, however that
    ends.

    Args:
        path: the folder; made when missing, its parents too.
        flags: what `--flagfile` replays, written as it is.
        config: the settings that decide the run's numbers, as JSON can hold them.
        env: where it runs, as `describe_environment` tells it.

    Yields:
        The folder's absolute path.

    Raises:
        WorkdirError: the settings differ, another process has the folder, it belongs to something
            else, or it cannot be written. Nothing is changed or left behind then.
    """
    folder = pathlib.Path(path).expanduser().absolute()
    config = json.loads(_to_json(config))
    _check_folder(folder, config)
    with _making(folder), _writing(folder):
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        with _writing(folder):
            _take_lock(lock, folder)
            _check_folder(
                folder, config
            )  # again: it may have been written before the lock was ours
            _describe_run(folder, flags, config, env)
        yield folder
    finally:
        os.close(lock)


def describe_environment(seed: int) -> dict[str, Any]:
    """Describes what a run's last bits depend on besides its settings.

    Args:
        seed: the run's seed.

    Returns:
        Versions, devices, the git commit of the code (`None` outside a checkout, with `-dirty`
        after it where tracked files were changed) and the seed, ready for JSON.
    """
    devices = jax.devices()
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {"rnnjax": rnnjax.__version__}
        | {name: importlib.metadata.version(name) for name in _PACKAGES},
        "devices": {
            "platform": devices[0].platform,
            "kind": devices[0].device_kind,
            "count": len(devices),
        },
        "git_commit": _git_commit(pathlib.Path(rnnjax.__file__)),
        "seed": seed,
    }


def write_json(path: str | os.PathLike[str], obj: Any) -> None:
    """Writes `obj` as JSON, so that a reader finds the old file or the new one, never a part.

    Args:
        path: the file.
        obj: what JSON can hold; NumPy and JAX arrays become lists and numbers, NaN and the
            infinities become null. The order of keys is kept.
    """
    _write_text(pathlib.Path(path), _to_json(obj) + "\n")


def _write_text(path: pathlib.Path, text: str) -> None:
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _to_json(obj: Any) -> str:
    return json.dumps(_plain(obj), indent=2, allow_nan=False)


def _plain(obj: Any) -> Any:
    """Returns `obj` in the types that JSON has."""
    if hasattr(obj, "tolist"):
        obj = obj.tolist()
    if isinstance(obj, dict):
        return {str(key): _plain(value) for key, value in obj.items()}
    if isinstance(obj, list | tuple):
        return [_plain(value) for value in obj]
    if isinstance(obj, float) and not math.isfinite(obj):
        return None
    return obj


def _check_folder(folder: pathlib.Path, config: dict[str, Any]) -> None:
    """Raises WorkdirError unless the folder is missing, empty or of a run with this `config`."""
    with _writing(folder):
        if not folder.exists():
            return
        if not folder.is_dir():
            raise WorkdirError(f"workdir {folder} is a file, not a folder")
        names = {entry.name for entry in folder.iterdir()}
    if "config.json" in names:
        differences = _differences(_read_object(folder / "config.json"), config)
        if differences:
            raise WorkdirError(
                f"workdir {folder} holds a run with other settings: {'; '.join(differences)}"
            )
    elif names and _LOCK not in names:
        raise WorkdirError(f"workdir {folder} is not empty and holds no run: name another folder")


def _describe_run(folder: pathlib.Path, flags: str, config: dict, env: dict) -> None:
    """Writes the three files of a new folder, `config.json` last: it marks them complete."""
    if not (folder / "config.json").exists():
        _write_text(folder / "flags.txt", flags)
        write_json(folder / "env.json", env)
        write_json(folder / "config.json", config)
    elif (folder / "env.json").exists():
        differences = _differences(_read_object(folder / "env.json"), json.loads(_to_json(env)))
        if differences:
            logger.warning("resuming in another environment: %s", "; ".join(differences))


def _read_object(path: pathlib.Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WorkdirError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(found, dict):
        raise WorkdirError(f"{path} holds no settings of a run")
    return found


def _differences(there: dict[str, Any], here: dict[str, Any]) -> list[str]:
    """Names each setting that differs, with both values."""
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


def _take_lock(lock: int, folder: pathlib.Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise WorkdirError(f"workdir {folder}: another process is using it") from error


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


def _git_commit(file: pathlib.Path) -> str | None:
    """Returns the commit of the checkout that tracks `file`."""

    def git(*args: str) -> str:
        command = ("git", "-C", str(file.parent), *args)
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", file.name)
        return git("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    except (OSError, subprocess.CalledProcessError):
        return None
