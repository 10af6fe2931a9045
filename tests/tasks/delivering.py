"""Iterators that deliver small batches of numbered examples, of several sizes."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from rnnjax import tasks

SIZES = (4, 1, 3, 2)  # of the batches as they are delivered
COUNT, T = 10, 3
INPUTS = np.arange(COUNT, dtype=np.float32)[:, None, None] * np.ones((1, T, 1), np.float32)
TARGETS = (np.arange(COUNT)[:, None] + np.arange(T)).astype(np.int32) % 3
LENGTHS = (np.arange(COUNT) % T + 1).astype(np.int32)


def delivery(index: int) -> tuple[np.ndarray, ...]:
    """Returns one batch as it is delivered."""
    begin = sum(SIZES[:index])
    rows = slice(begin, begin + SIZES[index])
    return INPUTS[rows], TARGETS[rows], LENGTHS[rows]


def generator() -> Iterator[tuple[np.ndarray, ...]]:
    """Delivers everything once; it cannot say where it is."""
    for index in range(len(SIZES)):
        yield delivery(index)


class Loader:
    """Delivers everything once by iterators that know their state, as Grain's do.

    The state is one object that changes while the iterator goes on.
    """

    def __init__(self, save: Callable[[dict], Any], *, as_dict: bool = False):
        self.save, self.as_dict, self.reads = save, as_dict, 0

    def __iter__(self) -> "_Loading":
        return _Loading(self)


class _Loading:
    def __init__(self, loader: Loader):
        self._loader, self._state = loader, {"next": {"at": 0}}

    def __iter__(self) -> "_Loading":
        return self

    def __next__(self) -> Any:
        index = self._state["next"]["at"]
        if index == len(SIZES):
            raise StopIteration
        self._state["next"]["at"] = index + 1
        self._loader.reads += 1
        found = delivery(index)
        names = ("inputs", "targets", "lengths")
        return dict(zip(names, found, strict=True)) if self._loader.as_dict else found

    def get_state(self) -> Any:
        return self._loader.save(self._state)

    def set_state(self, state: Any) -> None:
        self._state = json.loads(state) if isinstance(state, bytes) else state


def task(train: Any, validation: Any = None) -> tasks.Streamed:
    """Returns a task that is fed by an iterator."""
    return tasks.Streamed(
        train, validation, input_dim=1, output_dim=3, per_step=True, metric="accuracy"
    )
