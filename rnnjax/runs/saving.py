"""What Orbax says when a disk fails it: one error, and nothing from its threads."""

import contextlib
import functools
import logging
import os
import re
import sys
from collections.abc import Iterator

_ERRNO = re.compile(r"\[os_error_code='(\d+)'\]")  # how TensorStore names the system's error


@contextlib.contextmanager
def saving(path: str | os.PathLike[str]) -> Iterator[None]:
    """Raises what a save comes to as the system's own error, and keeps Orbax's threads silent.

    Orbax closes its event loop at the first write that fails. Each of the others then prints a
    traceback when it ends, perhaps after the error is raised.

    Args:
        path: what is saved.

    Raises:
        OSError: the disk is full, or has failed.

    Example:
        >>> with saving("/runs/a"):
        ...     raise ValueError("Failed to write 9 bytes: [os_error_code='28']")
        Traceback (most recent call last):
        ...
        OSError: [Errno 28] No space left on device: '/runs/a'
    """
    _silence_threads()
    try:
        yield
    except ValueError as error:
        found = _ERRNO.search(str(error))
        if found is None:
            raise
        code = int(found[1])
        raise OSError(code, os.strerror(code), os.fspath(path)) from error


@functools.cache
def _silence_threads() -> None:
    """Does so for good: they may speak long after the save that has failed."""
    hook = sys.unraisablehook

    def heard(unraisable: "sys.UnraisableHookArgs") -> None:
        if str(unraisable.exc_value) != "Event loop is closed":
            hook(unraisable)

    sys.unraisablehook = heard
    logging.getLogger("asyncio").addFilter(_is_not_of_a_write)


def _is_not_of_a_write(record: logging.LogRecord) -> bool:
    return _ERRNO.search(record.getMessage()) is None
