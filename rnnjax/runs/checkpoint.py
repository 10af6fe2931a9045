"""Checkpoints that are whole before a save returns, and are checked bit by bit when read."""

import contextlib
import json
import logging
import os
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from rnnjax.runs import leaves
from rnnjax.runs.step_files import DamagedError, StepFiles, read_record, steps_in
from rnnjax.runs.workdir import folder_of
from rnnjax.typing import State

_KEPT = 2  # the newest, and the one to fall back on if its bits have rotted

logger = logging.getLogger(__name__)

T = TypeVar("T")


class NoCheckpointError(ValueError):
    """There is no checkpoint that can be read."""


class NoPartError(ValueError):
    """A checkpoint has no such part."""


class Restored(NamedTuple):
    """What a checkpoint holds.

    Attributes:
        step: the number of updates done.
        state: the pytree that was saved.
        extra: what was saved beside it.
    """

    step: int
    state: State
    extra: dict[str, Any]


class Checkpoints(contextlib.AbstractContextManager["Checkpoints"]):
    """The newest checkpoints of one run, for the one process that writes them.

    A save is complete and on the disk on return, and a process or a machine that ends in the middle
    of one leaves the earlier steps as they were. Others read with `read_checkpoint`, at any time.

    Args:
        folder: where they are; made when missing.
        lasts: whether a step is one of those of which the two newest are kept; another is kept
            until the next is saved. So what is kept depends on the steps saved, and not on where a
            run was stopped.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> state = {"w": np.ones(3)}
        >>> with tempfile.TemporaryDirectory() as folder, Checkpoints(folder) as checkpoints:
        ...     checkpoints.save(100, state, {"position": 7})
        ...     checkpoints.restore_latest(state)
        Restored(step=100, state={'w': array([1., 1., 1.])}, extra={'position': 7})
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        lasts: Callable[[int], bool] = lambda step: True,
    ):
        self._lasts = lasts
        self._files = StepFiles(folder_of(folder))
        self._files.make()

    def __exit__(self, *error: object) -> None:
        self._files.close()

    def steps(self) -> list[int]:
        """Returns the steps there are, oldest first."""
        return self._files.steps()

    def save(
        self,
        step: int,
        state: State,
        extra: dict[str, Any] | None = None,
        *,
        synced: bool = True,
    ) -> None:
        """Saves `state`, and then deletes what is not kept any more.

        Steps from `step` on that are already there are of a future given up, such as a damaged
        step that `restore_latest` passed over, and are deleted first.

        Args:
            step: the number of updates done.
            state: a pytree of arrays, typed keys and Python numbers.
            extra: what is no array, such as where a reader of data stands; JSON has to hold it.
            synced: whether to wait for the disk; where not, the caller does, see `durable`.

        Raises:
            TypeError: a leaf of `state` is none of these, or JSON cannot hold `extra`.
            ValueError: two leaves of `state` have one path.
            OSError: the disk is full, or has failed.
            RuntimeError: what was saved cannot be read.
        """
        described, arrays = leaves.describe(state), leaves.to_host(state)
        beside = _as_json(extra or {})
        for later in [found for found in self.steps() if found >= step]:
            self._files.remove(later)
        self._files.write(step, described, arrays, beside, synced=synced)
        self._forget(step)

    def restore_latest(self, like: State) -> Restored | None:
        """Restores the newest step whose bits are as saved.

        Args:
            like: a pytree of arrays or `jax.ShapeDtypeStruct` with the structure, shapes and
                dtypes of what was saved. Leaves come back as what it has in their places: a NumPy
                array, a Python number, or a JAX array with its sharding.

        Returns:
            The step, its state and what was saved beside it, or `None` if there is no such step.
            Each damaged step passed over gets a line in the log.

        Raises:
            ValueError: the step holds another structure, shape or dtype than `like`.
        """

        def read(step: int) -> Restored:
            return Restored(step, *_read(self._files, step, like, ""))

        found = _newest_sound(self._files, read)
        if found is not None:  # the process before may have been killed before it came to this
            self._forget(found.step)
        return found

    def _forget(self, newest: int) -> None:
        """Deletes the steps up to a sound one that are kept no more."""
        there = [step for step in self.steps() if step <= newest]
        kept = {newest, *[step for step in there if self._lasts(step)][-_KEPT:]}
        for old in [step for step in there if step not in kept]:
            self._files.remove(old)


def read_checkpoint(
    folder: str | os.PathLike[str], like: State | None = None, *, prefix: str = ""
) -> tuple[int, Any]:
    """Reads the newest step whose bits are as saved, also while a run is saving; writes nothing.

    Args:
        folder: where the checkpoints are.
        like: what the state looks like, see `Checkpoints.restore_latest`; `None` for nested dicts
            of NumPy arrays by path, typed keys as their integers.
        prefix: the path of the part of the state to read, such as `best/params`; nothing else is
            read from disk.

    Returns:
        The step, and the state or that part of it.

    Raises:
        NoCheckpointError: there is no such folder, or no step in it that can be read.
        NoPartError: the state has no such part.
        ValueError: it does not fit `like`, or its format is not known here.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> with tempfile.TemporaryDirectory() as folder, Checkpoints(folder) as checkpoints:
        ...     checkpoints.save(100, {"params": {"w": np.ones(2)}, "rate": 0.5})
        ...     read_checkpoint(folder)
        ...     read_checkpoint(folder, prefix="params/w")
        (100, {'params': {'w': array([1., 1.])}, 'rate': array(0.5)})
        (100, array([1., 1.]))
    """
    where = folder_of(folder)
    if not where.is_dir():
        raise NoCheckpointError(f"there is no folder {where} to read a checkpoint from")
    files = StepFiles(where)
    try:
        found = _newest_sound(files, lambda step: (step, _read(files, step, like, prefix)[0]))
    finally:
        files.close()
    if found is None:
        raise NoCheckpointError(f"{where} holds no checkpoint that can be read")
    return found


def read_beside(folder: str | os.PathLike[str]) -> tuple[int, dict[str, Any]]:
    """Reads what was saved beside the newest state whose record is as saved.

    Raises:
        NoCheckpointError: there is none.
    """
    where = folder_of(folder)
    for step in reversed(steps_in(where)):
        with contextlib.suppress(DamagedError):
            return step, read_record(where / str(step))["extra"]
    raise NoCheckpointError(f"{where} holds no checkpoint that can be read")


def _newest_sound(files: StepFiles, read: Callable[[int], T]) -> T | None:
    tried: set[int] = set()
    # Looked up again each time: a run may have saved, and deleted the step that was being read.
    while left := [step for step in files.steps() if step not in tried]:
        tried.add(left[-1])
        try:
            return read(left[-1])
        except DamagedError as error:
            if files.has(left[-1]):
                path = files.folder / str(left[-1])
                logger.warning("skipping damaged checkpoint %s: %s", path, error)
    return None


def _read(files: StepFiles, step: int, like: Any, prefix: str) -> tuple[Any, dict[str, Any]]:
    """Returns a step's state, or the part below `prefix`, and what was saved beside it."""
    record = read_record(files.folder / str(step))
    entries = _below(prefix.strip("/"), record["leaves"])
    where = f"checkpoint {files.folder / str(step)}"
    if prefix and not entries:
        tops = dict.fromkeys(name.partition("/")[0] for name in record["leaves"])
        raise NoPartError(f"{where} holds nothing named {prefix}: it has {', '.join(tops)}")
    wanted = None if like is None else leaves.describe(like)
    if wanted is not None:
        found = [leaves.Leaf(name, entry["kind"]) for name, (_, entry) in entries.items()]
        if difference := leaves.difference(found, wanted):
            raise ValueError(f"{where} does not fit the state: {difference}")
    arrays = {name: files.read_array(step, *entry) for name, entry in entries.items()}
    if wanted is None:
        return leaves.nest(arrays), record["extra"]
    return leaves.from_host([arrays[leaf.name] for leaf in wanted], like), record["extra"]


def _below(prefix: str, recorded: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """Returns the names and entries of the leaves below a path, by what follows it."""
    if not prefix:
        return {name: (name, entry) for name, entry in recorded.items()}
    return {
        name.removeprefix(prefix).removeprefix("/"): (name, entry)
        for name, entry in recorded.items()
        if f"{name}/".startswith(f"{prefix}/")
    }


def _as_json(extra: dict[str, Any]) -> dict[str, Any]:
    """Returns what JSON gives back of `extra`."""
    try:
        return json.loads(json.dumps(extra, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise TypeError(f"JSON cannot hold what is saved beside the state: {error}") from error
