"""Checkpoints that are whole before a save returns, and are checked bit by bit when read."""

import hashlib
import json
import logging
import math
import os
import pathlib
from types import TracebackType
from typing import Any, Self

import numpy as np

from rnnjax.training import leaves
from rnnjax.typing import State

_KEPT = 2  # the newest, and the one to fall back on if its bits have rotted

logger = logging.getLogger(__name__)


class _DamagedError(Exception):
    """What a step holds is not what was saved."""


class Checkpoints:
    """The checkpoints of one run, in one folder: the two newest and the best.

    Orbax writes them; each step also has a record with the name, shape, dtype and SHA-256 of
    every leaf, because Orbax alone restores flipped bits without a word. A save is complete on
    return, and a process killed in the middle of one leaves the earlier steps as they were. One
    process at a time may use the folder.

    Args:
        folder: where they are; made when missing.
        best: the metric by which one step is kept however old it grows; the first of equals.
        higher_is_better: whether the best value is the largest.

    Example:
        >>> with Checkpoints(folder, best="accuracy") as checkpoints:  # doctest: +SKIP
        ...     step, state = checkpoints.restore_latest(state) or (0, state)
        ...     checkpoints.save(step + 100, train(state), {"accuracy": 0.97})
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        best: str | None = None,
        higher_is_better: bool = True,
    ):
        import orbax.checkpoint as ocp  # 0.5 s, and only runs that save need it

        self._ocp = ocp
        self._folder = pathlib.Path(folder).absolute()
        self._best, self._sign = best, 1.0 if higher_is_better else -1.0
        # Orbax tells its progress through absl, which prints it beside the run's own output.
        logging.getLogger("absl").addFilter(_is_not_orbax)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._manager = ocp.CheckpointManager(
            self._folder,
            options=ocp.CheckpointManagerOptions(
                create=False,
                # The first process of a run saves alone: Orbax must not wait for the others.
                multiprocessing_options=ocp.options.MultiprocessingOptions(
                    primary_host=0, active_processes={0}, barrier_sync_key_prefix="first"
                ),
                enable_async_checkpointing=False,
                cleanup_tmp_directories=True,
                lightweight_initialize=True,  # damaged metadata must not stop the others' restore
            ),
        )
        self._scores = {step: self._score(step) for step in self.steps()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._manager.close()

    def steps(self) -> list[int]:
        """Returns the steps there are, oldest first."""
        return sorted(self._manager.all_steps())

    def save(self, step: int, state: State, metrics: dict[str, float]) -> None:
        """Saves `state`, and then deletes what is neither new nor best.

        Steps from `step` on that are already there are of a future given up, such as a damaged
        step that `restore_latest` passed over, and are deleted first.

        Args:
            step: the number of updates done.
            state: a pytree of arrays, typed keys and Python numbers.
            metrics: kept with it, by name; the one named `best` ranks the step unless it is NaN.

        Raises:
            TypeError: a leaf of `state` is none of these.
        """
        described, arrays = leaves.describe(state), leaves.to_host(state)
        metrics = {name: float(value) for name, value in metrics.items()}
        record = {
            "leaves": [leaf._asdict() for leaf in described],
            "sha256": [_digest(array) for array in arrays],
            "metrics": {k: v if math.isfinite(v) else None for k, v in metrics.items()},
        }
        for later in [found for found in self.steps() if found >= step]:
            self._delete(later)
        items: dict[str, Any] = {
            "record": self._ocp.args.JsonSave(record | {"digest": _digest_record(record)})
        }
        if stored := _stored(arrays):
            items["arrays"] = self._ocp.args.PyTreeSave(stored)
        self._manager.save(step, args=self._ocp.args.Composite(**items), force=True)
        self._scores[step] = self._rank(record)
        kept = {*self.steps()[-_KEPT:], *self._by_score()[:1]}
        for old in [found for found in self.steps() if found not in kept]:
            self._delete(old)

    def restore_latest(self, like: State) -> tuple[int, State] | None:
        """Restores the newest step whose bits are as saved.

        Args:
            like: a pytree of arrays or `jax.ShapeDtypeStruct` with the structure, shapes and
                dtypes of what was saved. Leaves come back as what it has in their places: a NumPy
                array, a Python number, or a JAX array with its sharding.

        Returns:
            The step and its state, or `None` if there is no such step. Each damaged step passed
            over gets a line in the log.

        Raises:
            ValueError: the step holds another structure, shape or dtype than `like`.
        """
        return self._restore_first(self.steps()[::-1], like)

    def restore_best(self, like: State) -> tuple[int, State] | None:
        """Restores the step with the best metric, as `restore_latest` does the newest.

        Args:
            like: what was saved, see `restore_latest`.

        Returns:
            The step and its state, or `None` if no undamaged step has the metric.

        Raises:
            ValueError: the step holds another structure, shape or dtype than `like`.
        """
        return self._restore_first(self._by_score(), like)

    def _restore_first(self, steps: list[int], like: State) -> tuple[int, State] | None:
        for step in steps:
            try:
                return step, self._restore(step, like)
            except _DamagedError as error:
                logger.warning(
                    "skipping damaged checkpoint %s: %s", self._folder / str(step), error
                )
        return None

    def _restore(self, step: int, like: State) -> State:
        record = self._record(step)
        wanted = leaves.describe(like)
        difference = leaves.difference([leaves.Leaf(**leaf) for leaf in record["leaves"]], wanted)
        if difference:
            raise ValueError(
                f"checkpoint {self._folder / str(step)} does not fit the state: {difference}"
            )
        arrays = []
        for index, empty in enumerate(leaves.zeros(like)):
            array = self._read_array(step, _name(index), empty) if empty.size else empty
            if _digest(array) != record["sha256"][index]:
                raise _DamagedError(f"the bits of {wanted[index].name} have changed")
            arrays.append(array)
        return leaves.from_host(arrays, like)

    def _record(self, step: int) -> dict[str, Any]:
        record = self._read(step, "record", self._ocp.args.JsonRestore())
        if not isinstance(record, dict) or record.pop("digest", None) != _digest_record(record):
            raise _DamagedError("its record has changed")
        return record

    def _read_array(self, step: int, name: str, like: np.ndarray) -> np.ndarray:
        # One at a time: when one of several fails, the others that Orbax reads beside it print
        # tracebacks from threads that have lost their event loop.
        args = self._ocp.args.PyTreeRestore({name: like}, partial_restore=True)
        return self._read(step, "arrays", args)[name]

    def _read(self, step: int, item: str, args: Any) -> Any:
        try:
            return self._manager.restore(step, args=self._ocp.args.Composite(**{item: args}))[item]
        except Exception as error:  # damage shows in whatever way the reader first trips over it
            raise _DamagedError(f"its {item} cannot be read ({type(error).__name__})") from error

    def _score(self, step: int) -> float | None:
        try:
            return self._rank(self._record(step))
        except _DamagedError:
            return None

    def _rank(self, record: dict[str, Any]) -> float | None:
        value = record["metrics"].get(self._best)
        return None if value is None else self._sign * value

    def _by_score(self) -> list[int]:
        """Returns the steps that have a score, best first."""
        scores = {step: score for step, score in self._scores.items() if score is not None}
        return sorted(scores, key=lambda step: (-scores[step], step))

    def _delete(self, step: int) -> None:
        self._manager.delete(step)
        self._scores.pop(step, None)


def _name(index: int) -> str:
    return f"{index:04d}"


def _stored(arrays: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Names the arrays for Orbax, which refuses those without elements."""
    return {_name(i): array for i, array in enumerate(arrays) if array.size}


def _digest(array: np.ndarray) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()


def _digest_record(record: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _is_not_orbax(record: logging.LogRecord) -> bool:
    return "orbax" not in pathlib.PurePath(record.pathname).parts
