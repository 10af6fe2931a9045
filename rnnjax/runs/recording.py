"""A run's numbers: one line of `metrics.jsonl` each."""

import hashlib
import itertools
import json
import logging
import math
import os
import pathlib
from typing import Any

from rnnjax.runs.durable import write_bytes
from rnnjax.runs.workdir import folder_of

_FILE = "metrics.jsonl"

logger = logging.getLogger(__name__)


class Recorder:
    """Writes a run's metrics so that a run killed and resumed leaves the lines of one never killed.

    A line holds the step, the split and the metrics, no times: it depends on the run alone. Write
    the lines of a step before its checkpoint, and keep `digest` in it; then a resumed run, which
    drops the lines after the checkpoint, writes exactly those that are missing.

    Args:
        workdir: the run's folder.
        resume_step: the step whose state the run goes on from. Lines after it are dropped; at 0,
            from the beginning, all are.
        digest: of the lines up to there. If they have another, some are missing or have changed:
            that gets a line in the log, and the file as it was stays as `metrics.jsonl.damaged`.
            From then on the run `is_damaged`, whoever goes on with it.

    Raises:
        ValueError: a line before the last is not a record, and there is no digest to tell since
            when.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     recorder = Recorder(folder)
        ...     recorder.write(200, "train", {"loss": 0.12, "accuracy": 0.97})
        ...     read_metrics(folder)
        [{'step': 200, 'split': 'train', 'loss': 0.12, 'accuracy': 0.97}]
    """

    def __init__(
        self,
        workdir: str | os.PathLike[str],
        *,
        resume_step: int = 0,
        digest: str | None = None,
    ):
        self.path = folder_of(workdir) / _FILE
        there = _bytes(self.path)
        kept = _kept(there, self.path, resume_step, strict=digest is None)
        self._digest = hashlib.sha256(kept)
        if digest is not None and digest != self.digest:
            _warn(self.path, resume_step)
            write_bytes(_free(_damaged(self.path.parent)), there)
            write_bytes(self.path, kept)
        elif there.startswith(kept):
            with self.path.open("ab") as file:
                file.truncate(len(kept))
        else:
            write_bytes(self.path, kept)

    @property
    def digest(self) -> str:
        """The SHA-256 of all lines."""
        return self._digest.hexdigest()

    def write(self, step: int, split: str, metrics: dict[str, float]) -> None:
        """Writes one line, which outlives the process once this returns.

        Args:
            step: the number of updates done.
            split: what was measured, such as "train" or "test".
            metrics: by name; every bit of a value is kept, except that JSON has neither NaN nor
                the infinities: they become null.

        Raises:
            ValueError: a metric is named `step` or `split`.
        """
        if taken := metrics.keys() & {"step", "split"}:
            raise ValueError(f"a metric cannot be named {taken.pop()!r}: the line has that already")
        values = {name: float(value) for name, value in metrics.items()}
        line = {k: v if math.isfinite(v) else None for k, v in values.items()}
        text = json.dumps({"step": int(step), "split": split, **line}).encode() + b"\n"
        with self.path.open("ab") as file:
            file.write(text)
        self._digest.update(text)

    def write_speed(self, step: int, examples_per_second: float) -> None:
        """Writes nothing: no two runs are equally fast, and their lines are equal."""


def is_damaged(workdir: str | os.PathLike[str]) -> bool:
    """Says whether what a run had recorded was found missing or changed once."""
    return _damaged(folder_of(workdir)).exists()


def check_metrics(workdir: str | os.PathLike[str], step: int, digest: str) -> None:
    """Says in the log if what a run has recorded up to a step is not what it was."""
    path = folder_of(workdir) / _FILE
    if hashlib.sha256(_kept(_bytes(path), path, step, strict=False)).hexdigest() != digest:
        _warn(path, step)


def read_metrics(workdir: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Reads what a run has recorded so far.

    Args:
        workdir: the run's folder.

    Returns:
        One dict a line, with `step`, `split` and the metrics, null as `None`. A last line that a
        crash has torn is left out, and a run that has recorded nothing has no lines.

    Raises:
        ValueError: a line before the last is not a record.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     read_metrics(folder)
        []
    """
    path = folder_of(workdir) / _FILE
    return [record for _, record in _lines(_bytes(path), path)]


def _damaged(folder: pathlib.Path) -> pathlib.Path:
    return folder / f"{_FILE}.damaged"


def _free(path: pathlib.Path) -> pathlib.Path:
    """Returns the path, or with a number after it the first that is not taken."""
    numbered = (path.with_name(f"{path.name}.{n}") for n in itertools.count(2))
    return next(name for name in itertools.chain([path], numbered) if not name.exists())


def _bytes(path: pathlib.Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _lines(
    there: bytes, path: pathlib.Path, *, strict: bool = True
) -> list[tuple[bytes, dict[str, Any]]]:
    """Returns each whole line of a file, as it is and parsed."""
    records = [(line, _parse(line)) for line in there.splitlines(keepends=True)]
    for number, (_, record) in enumerate(records[:-1], start=1):
        if record is None and strict:
            raise ValueError(f"{path}, line {number}: not a record of metrics")
    return [(line, record) for line, record in records if record is not None]


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    whole = line.endswith(b"\n") and isinstance(record, dict) and type(record.get("step")) is int
    return record if whole else None


def _warn(path: pathlib.Path, step: int) -> None:
    logger.warning("%s: lines up to step %s are missing or have changed", path, step)


def _kept(there: bytes, path: pathlib.Path, step: int, *, strict: bool) -> bytes:
    """Returns the lines of a file up to a step."""
    lines = _lines(there, path, strict=strict)
    return b"".join(line for line, record in lines if step and record["step"] <= step)
