"""Where a run was begun, and where it was gone on with: what its last bits depend on."""

import importlib.metadata
import json
import logging
import pathlib
import platform
import subprocess
from collections.abc import Sequence
from typing import Any

import jax

import rnnjax
from rnnjax.runs.workdir import WorkdirError, differences, read_json, write_json

logger = logging.getLogger(__name__)

_PACKAGES = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy")


def describe_environment(seed: int, batch_over: int = 1) -> dict[str, Any]:
    """Describes what a run's last bits depend on besides its settings.

    Args:
        seed: the run's seed.
        batch_over: the devices over which a batch is divided.

    Returns:
        Versions (`None` for a package that is not installed), devices, the git commit of the code
        (`None` outside a checkout, with `-dirty` after it where tracked files were changed) and
        the seed, ready for JSON.

    Example:
        >>> describe_environment(seed=3)["seed"]
        3
    """
    devices = jax.devices()
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {"rnnjax": rnnjax.__version__} | {name: _version(name) for name in _PACKAGES},
        "devices": {
            "platform": devices[0].platform,
            "kind": devices[0].device_kind,
            "count": len(devices),
            "batch_over": batch_over,
        },
        "git_commit": _git_commit(pathlib.Path(rnnjax.__file__)),
        "seed": seed,
    }


def note_environment(folder: pathlib.Path, env: dict[str, Any], step: int | None = None) -> str:
    """Adds to `env.json` where a run is gone on with, if that is another place than the last one.

    The file keeps the first environment, and in the list `resumed` each later one with the step
    from which it was the run's.

    Args:
        folder: of the run, open.
        env: what `describe_environment` says now.
        step: how far the run had come; None for a sweep.

    Returns:
        A line that says what is different and what follows; empty where nothing is.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_json(folder + "/env.json", {"python": "3.11.9", "seed": 0})
        ...     note_environment(pathlib.Path(folder), {"python": "3.12.1", "seed": 0}, 500)
        'resuming in another environment: python is "3.11.9" there, "3.12.1" here: ...'
    """
    path = folder / "env.json"
    about = _read(path)
    resumed = _resumed(about)
    before, now = _flat(_last(about)), _flat(json.loads(json.dumps(env)))
    both = before.keys() & now.keys()  # a package that is recorded of late is no difference
    found = differences(*({k: v for k, v in at.items() if k in both} for at in (before, now)))
    if both and not found:
        return ""
    write_json(path, about | {"resumed": [*resumed, {"step": step, "env": env}]})
    return _said(found, before, now) if found else ""


def note_members(
    folders: Sequence[pathlib.Path], seeds: Sequence[int], env: dict[str, Any], step: int
) -> None:
    """Does that in the folder of each member, and says once in the log what is different."""
    said = [
        note_environment(folder, env | {"seed": seed}, step)
        for folder, seed in zip(folders, seeds, strict=True)
    ]
    for line in dict.fromkeys(filter(None, said)):
        logger.warning("%s", line)


def batch_devices_of(folder: pathlib.Path) -> int | None:
    """Returns over how many devices a run's batch was divided last; None where it was not begun."""
    env, config = folder / "env.json", folder / "config.json"
    if not config.exists():
        return None
    devices = _last(_read(env)).get("devices")
    found = devices.get("batch_over") if isinstance(devices, dict) else None
    if type(found) is int and found > 0:
        return found
    # Once, the number was among the settings, whoever had chosen it.
    return read_json(config).get("devices")


def _read(path: pathlib.Path) -> dict[str, Any]:
    """Returns what the file says; nothing where it cannot be read: no run stands or falls by it."""
    try:
        return read_json(path)
    except WorkdirError:
        return {}


def _last(about: dict[str, Any]) -> dict[str, Any]:
    """Returns the last environment that `env.json` has."""
    resumed = _resumed(about)
    return resumed[-1]["env"] if resumed else about


def _resumed(about: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns where the run was gone on with, as far as `env.json` says that."""
    found = about.get("resumed")
    entries = found if isinstance(found, list) else []
    return [at for at in entries if isinstance(at, dict) and isinstance(at.get("env"), dict)]


def _said(found: list[str], there: dict[str, Any], here: dict[str, Any]) -> str:
    before, now = (at.get("devices.batch_over", 0) for at in (there, here))
    line = f"resuming in another environment: {'; '.join(found)}: figures will agree to rounding"
    if type(before) is not int or before < 1 or before == now:
        return f"{line}, no longer surely bit for bit"
    hint = f"; --devices={before} keeps the bits" if before < now else ""
    return f"{line} and no longer bit for bit, dropout and noise will be other draws{hint}"


def _flat(env: dict[str, Any]) -> dict[str, Any]:
    """Returns what an environment says by names with dots."""
    found = {}
    for name, value in env.items():
        inner = value.items() if isinstance(value, dict) else ()
        found |= {f"{name}.{key}": one for key, one in inner} or {name: value}
    return found


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


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
