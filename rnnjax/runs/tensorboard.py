"""A run's numbers in TensorBoard."""

import contextlib
import math
import os

from rnnjax.runs.workdir import folder_of


class TensorBoard(contextlib.AbstractContextManager["TensorBoard"]):
    """Writes a run's metrics to `tensorboard/` in its folder, as far as they are finite.

    Where tensorboardX is not installed nothing is written, and nothing is said.

    Args:
        workdir: the run's folder.
        resume_step: the step whose state the run goes on from; TensorBoard leaves out what a
            process before this one wrote after it.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with TensorBoard(folder) as board:
        ...         board.write(200, "train", {"loss": 0.12, "accuracy": 0.97})
        ...         board.write_speed(200, 1024.0)
        ...     [path.name for path in pathlib.Path(folder).iterdir()]
        ['tensorboard']
    """

    def __init__(self, workdir: str | os.PathLike[str], *, resume_step: int = 0):
        folder = folder_of(workdir)
        try:
            from tensorboardX import SummaryWriter  # 0.2 s, and 1 s where it finds torch
        except ModuleNotFoundError:
            self._writer = None
            return
        self._writer = SummaryWriter(
            str(folder / "tensorboard"),
            purge_step=resume_step + 1 if resume_step else 0,
            flush_secs=1,
            filename_suffix=f".{resume_step}",  # a run resumed within a second gets its own file
        )

    def __exit__(self, *error: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, step: int, split: str, metrics: dict[str, float]) -> None:
        """Adds a point to the curve `split/name` of each metric that is a finite number.

        Args:
            step: the number of updates done.
            split: what was measured, such as "train" or "test".
            metrics: by name.
        """
        if self._writer is None:
            return
        for name, value in metrics.items():
            if math.isfinite(value):  # tensorboardX warns of each that is not
                self._writer.add_scalar(f"{split}/{name}", float(value), int(step))

    def write_speed(self, step: int, examples_per_second: float) -> None:
        """Adds a point to the curve of the speed.

        Args:
            step: the number of updates done.
            examples_per_second: the speed since the last time.
        """
        self.write(step, "speed", {"examples_per_second": examples_per_second})
