"""A study in a file that several machines may share: Optuna's journal, which repairs itself."""

import json
import logging
import os
import pathlib
from typing import IO, Any

from optuna.exceptions import OptunaError
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

SUFFIX = ".journal"
REMEDY = "delete it, and sweeps make their studies again of their points"  # if it is damaged
_BEGINS = b'{"op_code":'  # how its files begin, and every line in them
_BLOCK = 4096

logger = logging.getLogger(__name__)


class RepairingBackend(JournalFileBackend):
    """Optuna's journal, but a line that a killed process has torn is taken away again.

    Optuna would write on behind it, and could never read the file again.

    Args:
        file: where it is; made when missing, in a folder that exists.
    """

    def __init__(self, file: pathlib.Path):
        # Opening with O_EXCL is safe over NFS from version 3 on.
        self._own_lock = JournalFileOpenLock(str(file))
        super().__init__(str(file), self._own_lock)
        self._file = file

    def repair(self) -> None:
        """Takes a torn last line away."""
        self._own_lock.acquire()
        try:
            with self._file.open("r+b") as file:
                self._drop_torn_line(file)
        finally:
            self._own_lock.release()

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Writes records, each as a line."""
        lines = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        self._own_lock.acquire()
        try:
            with self._file.open("r+b") as file:
                self._drop_torn_line(file)
                file.seek(0, os.SEEK_END)
                file.write(lines.encode())
                file.flush()
                os.fsync(file.fileno())
        finally:
            self._own_lock.release()

    def _drop_torn_line(self, file: IO[bytes]) -> None:
        """Truncates an open file to its whole lines, under the lock: nobody is writing one."""
        end = position = file.seek(0, os.SEEK_END)
        while position:
            block = min(_BLOCK, position)
            position -= block
            file.seek(position)
            newline = file.read(block).rfind(b"\n")
            if newline >= 0:
                position += newline + 1
                break
        if position < end:
            logger.warning("%s: a torn last line was dropped", self._file)
            file.truncate(position)


def open_journal(file: pathlib.Path) -> JournalStorage:
    """Opens a journal, or makes it where there is none.

    Raises:
        ValueError: if the file cannot be opened, is of another kind, or is damaged; nothing is
            written to it then.

    Example:
        >>> import tempfile
        >>> storage = open_journal(pathlib.Path(tempfile.mkdtemp(), "study.journal"))
        >>> storage.get_all_studies()
        []
    """
    try:
        if file.exists():
            with file.open("rb") as opened:
                begin = opened.read(len(_BEGINS))
            if not _BEGINS.startswith(begin):
                raise ValueError(
                    f"storage {file} is another kind of file: nothing is written to it"
                )
        backend = RepairingBackend(file)
        backend.repair()
        return JournalStorage(backend)
    except OSError as error:
        raise ValueError(f"storage {file} cannot be opened: {error.strerror}") from error
    except (json.JSONDecodeError, KeyError, AssertionError, OptunaError) as error:
        said = f"{_damage(file) or error}; {REMEDY}"
        raise ValueError(f"storage {file} is damaged: {said}") from error


def _damage(file: pathlib.Path) -> str | None:
    """Names the first line that is no record."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                json.loads(line)
            except ValueError:
                return f"line {number} is no record"
    return None
