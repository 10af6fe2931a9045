"""Files that outlive a power cut: what is written is stored before anybody relies on it."""

import contextlib
import errno
import os
import pathlib
from concurrent.futures import ThreadPoolExecutor

_AT_ONCE = 16  # a file system stores what many wait for in one go


def sync(*paths: pathlib.Path) -> None:
    """Waits until the files, and what folders list, are on the disk.

    Raises:
        OSError: the disk is full, or has failed.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "a")
        ...     _ = path.write_text("kept")
        ...     sync(path, path.parent)
    """
    if len(paths) < 2:
        for path in paths:
            _sync(path)
        return
    with ThreadPoolExecutor(min(len(paths), _AT_ONCE)) as pool:
        list(pool.map(_sync, paths))


def sync_below(*folders: pathlib.Path) -> None:
    """Waits until folders and all that is in them are on the disk."""
    sync(*folders, *(path for folder in folders for path in folder.rglob("*")))


def write_bytes(path: pathlib.Path, data: bytes, *, synced: bool = True) -> None:
    """Writes a file, so that a reader finds the old one or the new one, whatever happens.

    Args:
        path: the file.
        data: its bytes.
        synced: whether to wait for the disk. Of many files it is faster to `sync` all afterwards,
            and until then a power cut may leave an empty one.

    Raises:
        OSError: the disk is full, or has failed; the old file stays.
    """
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        temporary.write_bytes(data)
        if synced:
            _sync(temporary)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    if synced:
        _sync(path.parent)


def write_text(path: pathlib.Path, text: str, *, synced: bool = True) -> None:
    """Writes a file of text, as `write_bytes` does."""
    write_bytes(path, text.encode(), synced=synced)


def _sync(path: pathlib.Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:  # a folder in which we may write, but not look
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot, and store when a file is closed.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
