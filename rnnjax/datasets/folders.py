"""Folders that a user names: whether they can be read, and what is in them."""

import os
from pathlib import Path

from rnnjax.datasets.base import DatasetError

_LISTED = 5  # names that an error shows of a folder


def check_folder(data_dir: str | Path, folder: Path) -> None:
    """Refuses what is no readable folder.

    Args:
        data_dir: what was said.
        folder: the same with `~` replaced.

    Raises:
        DatasetError: if it is none.
    """
    if not os.fspath(data_dir):
        raise DatasetError("the folder of the data is empty text (--data_dir)")
    if os.access(folder, os.F_OK) and folder.is_file():
        raise DatasetError(f"{folder}: a file, expected the folder that holds it (--data_dir)")
    if not (os.access(folder, os.R_OK | os.X_OK) and folder.is_dir()):
        raise DatasetError(f"{folder}: no such folder, or not a readable one (--data_dir)")


def listing(folder: Path) -> str:
    """Returns the first names in a folder, for a message."""
    names = sorted(entry.name + "/" * entry.is_dir() for entry in os.scandir(folder))
    more = [f"{len(names) - _LISTED} more"] if len(names) > _LISTED else []
    return ", ".join(names[:_LISTED] + more) or "nothing"
