"""A run's numbers: one line of `metrics.jsonl` each."""

import contextlib
import json
import math
import os
import pathlib
from typing import Any

from rnnjax.runs.workdir import folder_of

_FILE = "metrics.jsonl"


class Recorder(contextlib.AbstractContextManager["Recorder"]):
    """Writes a run's metrics so that a run killed and resumed leaves the lines of one never killed.

    A line holds the step, the split and the metrics, no times: it depends on the run alone. Write
    the lines of a step before its checkpoint; then a resumed run, which drops the lines after the
    checkpoint, writes exactly those that are missing.

    Args:
        workdir: the run's folder.
        resume_step: the step whose state the run goes on from. Lines after it are dropped; at 0,
            from the beginning, all are.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder, Recorder(folder) as recorder:
        ...     recorder.write(200, "train", {"loss": 0.12, "accuracy": 0.97})
        ...     read_metrics(folder)
        [{'step': 200, 'split': 'train', 'loss': 0.12, 'accuracy': 0.97}]
    """

    def __init__(self, workdir: str | os.PathLike[str], *, resume_step: int = 0):
        path = folder_of(workdir) / _FILE
        _keep_until(path, resume_step)
        self._file = path.open("ab")

    def __exit__(self, *error: object) -> None:
        self._file.close()

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
        self._file.write(json.dumps({"step": int(step), "split": split, **line}).encode() + b"\n")
        self._file.flush()

    def write_speed(self, step: int, examples_per_second: float) -> None:
        """Writes nothing: no two runs are equally fast, and their lines are equal."""


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
    return [record for _, record in _read_lines(folder_of(workdir) / _FILE)]


def _read_lines(path: pathlib.Path) -> list[tuple[bytes, dict[str, Any]]]:
    """Returns each whole line, as it is and parsed."""
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    records = [(line, _parse(line)) for line in lines]
    for number, (_, record) in enumerate(records[:-1], start=1):
        if record is None:
            raise ValueError(f"{path}, line {number}: not a record of metrics")
    return [(line, record) for line, record in records if record is not None]


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    whole = line.endswith(b"\n") and isinstance(record, dict) and "step" in record
    return record if whole else None


def _keep_until(path: pathlib.Path, step: int) -> None:
    """Rewrites the file without the lines after `step`, all at once."""
    kept = [line for line, record in _read_lines(path) if step and record["step"] <= step]
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_bytes(b"".join(kept))
    temporary.replace(path)
