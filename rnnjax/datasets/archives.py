"""Reads files out of zip archives, such as wheels, without unpacking them."""

import re
import zipfile
import zlib
from pathlib import Path

from rnnjax.datasets.base import DatasetError

# What `zipfile` raises at damaged, encrypted or unknown data.
_DAMAGED = (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


def read_members(archive: Path, names: re.Pattern[str], most_bytes: int) -> dict[str, bytes]:
    """Returns the files in an archive whose whole names match, sorted by name.

    Args:
        archive: a zip archive.
        names: which files are read.
        most_bytes: how large one may be unpacked.

    Raises:
        DatasetError: if the archive cannot be read, or a file is larger.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [m for m in packed.infolist() if names.fullmatch(m.filename)]
            for member in members:
                if member.file_size > most_bytes:
                    raise DatasetError(f"{archive}: {member.filename} is too large unpacked")
            return {m.filename: packed.read(m) for m in sorted(members, key=lambda m: m.filename)}
    except _DAMAGED as error:
        raise DatasetError(f"{archive}: no readable zip archive ({error})") from None
