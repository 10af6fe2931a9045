"""The console of a command: whoever watches may go away, and the command goes on."""

import io
import os
import select
import sys
from typing import Any, TextIO


class _Unfailing(io.FileIO):
    """A descriptor that takes what is written, whether anybody gets it or not."""

    def write(self, data: Any, /) -> int:
        """Writes; what a full disk refuses, or a reader who is gone, is lost."""
        try:
            while (written := super().write(data)) is None:  # it is full, and set not to wait
                select.select((), (self,), ())
        except OSError:
            return memoryview(data).nbytes
        return written


def use_console() -> None:
    """Lets no output of this process fail, neither by its reader nor by its letters.

    What is closed is opened on nothing, so that no file of the run gets its descriptor; what the
    encoding has no letter for is replaced. To be called before anything is printed.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets this number, the lowest that is free
    sys.stdout = _stream(sys.stdout, 1, "replace")
    sys.stderr = _stream(sys.stderr, 2, "backslashreplace")


def _stream(before: TextIO | None, descriptor: int, errors: str) -> TextIO:
    """Returns a stream like the one of before, None where it was closed."""
    raw = _Unfailing(descriptor, "w", closefd=False)
    if not isinstance(before, io.TextIOWrapper):
        return io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", errors)
    before.flush()
    return io.TextIOWrapper(
        # Python's own way where it is told not to buffer.
        raw if before.write_through else io.BufferedWriter(raw),  # pyright: ignore[reportArgumentType]
        before.encoding,
        errors,
        line_buffering=before.line_buffering,
        write_through=before.write_through,
    )
