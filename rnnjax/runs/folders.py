"""The folder of a run by its settings, and what is written there of them."""

import hashlib
import json
import os
import pathlib
from typing import Any

from rnnjax.runs.work import Workdir
from rnnjax.runs.workdir import folder_of
from rnnjax.settings import Settings
from rnnjax.settings.catalogue import short
from rnnjax.settings.fields import flag_line


def workdir_of(
    settings: Settings,
    folder: str | os.PathLike[str] | None,
    part: str = "",
    *,
    init_from: str | os.PathLike[str] | None = None,
    devices: int | None = None,
) -> Workdir:
    """Returns where a run is written: `folder`, or one that the settings name.

    Args:
        settings: what is trained, and how.
        folder: as it was given.
        part: the network, where there are several; it has a folder in the folder.
        init_from: whose parameters it begins with.
        devices: over how many a batch is divided here. Folders were once named by it as well, also
            where nobody had asked for that number; one that is there is found.

    Example:
        >>> from rnnjax.settings import settings_of
        >>> workdir = workdir_of(settings_of("adding"), "/runs/a")
        >>> str(workdir.folder), workdir.flags.split()[0], workdir.config["length"]
        ('/runs/a', '--experiment=adding', 100)
    """
    lines = settings.as_flags()
    config = settings.config()
    if init_from:
        lines.append(flag_line("init_from", str(folder_of(init_from))))
        config["init_from"] = str(folder_of(init_from))
    name = short(settings.name)
    home = folder_of(folder) if folder else default_workdir(name, config)
    before = default_workdir(name, config | {"devices": devices})
    if not folder and before.exists() and not home.exists():
        home = before
    if part:
        config["part"] = part
    return Workdir(home / part, "".join(f"{line}\n" for line in lines), config)


def default_workdir(name: str, config: dict[str, Any]) -> pathlib.Path:
    """Returns a folder for this very configuration: the same command finds its run again."""
    digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()
    return pathlib.Path("runs") / f"{name}-{digest[:8]}"


def changeable(settings: Settings) -> frozenset[str]:
    """Names the settings in which a run that is gone on with may differ.

    Of a constant rate, its steps; of stored data, of which the digest is compared, where they are.
    """
    found = {"steps"} if settings.training.schedule == "constant" else set()
    return frozenset(found | elsewhere(settings))


def elsewhere(settings: Settings) -> set[str]:
    """Names what of a configuration says where stored data are, or what they are called there."""
    return {"task", *settings.task.located_by} if settings.task.digest else set()
