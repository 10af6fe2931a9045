"""A run's numbers in TensorBoard."""

import importlib
import math
import os
import socket
import struct
import time
from typing import Any

from rnnjax.runs.workdir import folder_of


class TensorBoard:
    """Writes a run's metrics to `tensorboard/` in its folder, as far as they are finite.

    Where tensorboardX is not installed nothing is written, and nothing is said. What is written is
    in the file at once: a `SummaryWriter` would keep it in a thread, one for each run of a
    population, and open files with it.

    Args:
        workdir: the run's folder.
        resume_step: the step whose state the run goes on from; TensorBoard leaves out what a
            process before this one wrote after it.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     board = TensorBoard(folder)
        ...     board.write(200, "train", {"loss": 0.12, "accuracy": 0.97})
        ...     board.write_speed(200, 1024.0)
        ...     [path.name for path in pathlib.Path(folder).iterdir()]
        ['tensorboard']
    """

    def __init__(self, workdir: str | os.PathLike[str], *, resume_step: int = 0):
        folder = folder_of(workdir) / "tensorboard"
        try:
            importlib.import_module("tensorboardX")  # 0.2 s, and 1 s where it finds torch
        except ModuleNotFoundError:
            self._event = None
            return
        events = importlib.import_module("tensorboardX.proto.event_pb2")
        self._event = events.Event
        folder.mkdir(exist_ok=True)
        # A run resumed within a second gets its own file.
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{resume_step}"
        self._file = folder / name
        purged = resume_step + 1 if resume_step else 0
        start = events.SessionLog(status=events.SessionLog.START)
        self._append(
            self._event(file_version="brain.Event:2"), self._event(step=purged, session_log=start)
        )

    def write(self, step: int, split: str, metrics: dict[str, float]) -> None:
        """Adds a point to the curve `split/name` of each metric that is a finite number.

        Args:
            step: the number of updates done.
            split: what was measured, such as "train" or "test".
            metrics: by name.
        """
        if self._event is None:
            return
        event = self._event(step=int(step))
        for name, value in metrics.items():
            if math.isfinite(value):
                event.summary.value.add(tag=f"{split}/{name}", simple_value=float(value))
        self._append(event)

    def write_speed(self, step: int, examples_per_second: float) -> None:
        """Adds a point to the curve of the speed.

        Args:
            step: the number of updates done.
            examples_per_second: the speed since the last time.
        """
        self.write(step, "speed", {"examples_per_second": examples_per_second})

    def _append(self, *events: Any) -> None:
        for event in events:
            event.wall_time = time.time()
        with self._file.open("ab") as file:
            file.write(b"".join(_record(event.SerializeToString()) for event in events))


def _record(data: bytes) -> bytes:
    """Returns what a file of events has for one: its length and its bytes, each with a checksum."""
    from tensorboardX.record_writer import masked_crc32c

    size = struct.pack("<Q", len(data))
    checks = (struct.pack("<I", masked_crc32c(part)) for part in (size, data))
    return size + next(checks) + data + next(checks)
