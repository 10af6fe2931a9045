"""Ends a process, as it were, at one of its operations on files, each of which may be the last."""

import builtins
import contextlib
import io
import os
import traceback

from tests.runs.stopping import Stop

CHANGES = (
    *("fsync", "link", "mkdir", "open", "remove", "rename", "replace", "rmdir", "symlink"),
    *("truncate", "unlink"),
)


class Operations:
    """Counts operations that change files, and lets all fail from one on.

    Like a process that was killed, what has come to its end changes nothing more.

    Args:
        last: the first operation that fails; None for none.
    """

    def __init__(self, last=None):
        self.made, self.last = 0, last
        self._places = {}  # the operations made at each place of the code

    def count(self):
        self.made += 1
        if self.last is None:
            self._places.setdefault(_place(), []).append(self.made)
        if self.last is not None and self.made >= self.last:
            raise Stop

    def of_each_place(self):
        """Returns the first and the last operation that was made at each place of the code."""
        return sorted({n for made in self._places.values() for n in (made[0], made[-1])})

    @contextlib.contextmanager
    def paused(self):
        """Counts nothing in the body, in which something else is tested."""
        before = self.made, self.last, self._places
        self.last, self._places = None, {}
        try:
            yield
        finally:
            self.made, self.last, self._places = before

    def changing(self, function):
        def counted(*arguments, **keywords):
            self.count()
            return function(*arguments, **keywords)

        return counted

    def opening(self, function):
        def counted(file, mode="r", *arguments, **keywords):
            if set(mode) & set("wax+"):
                self.count()
            return function(file, mode, *arguments, **keywords)

        return counted


def _place():
    """Returns by which lines of the library and of Orbax it has come to an operation."""
    frames = traceback.walk_stack(None)
    return tuple(
        (frame.f_code.co_filename, line)
        for frame, line in frames
        if any(name in frame.f_code.co_filename for name in ("/rnnjax/", "/orbax/", "/optuna/"))
    )


@contextlib.contextmanager
def stopped_at(patch, last=None):
    """Yields the `Operations` of the body, which ends with the one of this number."""
    with patch.context() as inner:
        operations = Operations(last)
        for name in CHANGES:
            inner.setattr(os, name, operations.changing(getattr(os, name)))
        opening = operations.opening(io.open)
        inner.setattr(io, "open", opening)
        inner.setattr(builtins, "open", opening)
        try:
            yield operations
        except Stop:
            assert last is not None, "it was not told to"
