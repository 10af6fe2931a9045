"""Batches for compiled calls: all of them on the device at once, or as the host delivers them."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
from jax.sharding import Mesh

from rnnjax.tasks.feed import Feed
from rnnjax.tasks.sources import Source
from rnnjax.training.devices import place
from rnnjax.training.members import Evaluate
from rnnjax.training.processes import gathered
from rnnjax.typing import Array, Params

Metrics = dict[str, np.ndarray]  # `[E]` each, by name


class Supply(Protocol):
    """Batches as sources that lie on the devices of a mesh, as many as are needed."""

    def updates(self, step: int, count: int) -> Iterator[tuple[Source, int]]:
        """Yields the batches of `count` updates of training after `step`, and of how many each."""
        ...

    def all(self) -> Iterator[Source]:
        """Yields everything once, for an evaluation."""
        ...

    def position(self) -> dict[str, Any]:
        """Returns how far training has read."""
        ...

    def seek(self, position: dict[str, Any], step: int) -> None:
        """Goes on reading there."""
        ...


class Resident(NamedTuple):
    """A source that has all batches on the devices."""

    source: Source

    def updates(self, step: int, count: int) -> Iterator[tuple[Source, int]]:
        """Yields the source: it knows the batch of any step."""
        del step
        yield self.source, count

    def all(self) -> Iterator[Source]:
        """Yields the source."""
        yield self.source

    def position(self) -> dict[str, Any]:
        """Returns nothing."""
        return {}

    def seek(self, position: dict[str, Any], step: int) -> None:
        """Does nothing."""


class Delivered(NamedTuple):
    """A feed, whose pieces are laid out as they come."""

    feed: Feed
    mesh: Mesh
    at_once: int

    def updates(self, step: int, count: int) -> Iterator[tuple[Source, int]]:
        """Yields pieces with room for equally many batches, so that one program serves them."""
        size = piece_size(self.at_once, self.feed.at_once)
        for begin in range(step, step + count, size):
            taken = min(size, step + count - begin)
            yield place(self.feed.take(begin, taken, size), self.mesh), taken

    def all(self) -> Iterator[Source]:
        """Yields pieces."""
        return (place(piece, self.mesh) for piece in self.feed.all())

    def position(self) -> dict[str, Any]:
        """Returns how far training has read."""
        return self.feed.position()

    def seek(self, position: dict[str, Any], step: int) -> None:
        """Goes on reading there."""
        self.feed.seek(position, step)


def make_supply(source: Source | Feed, mesh: Mesh, at_once: int = 1) -> Supply:
    """Returns the batches of a source or a feed.

    Args:
        source: of a task.
        mesh: the devices.
        at_once: how many updates mostly follow on one another.
    """
    if isinstance(source, Feed):
        return Delivered(source, mesh, at_once)
    return Resident(place(source, mesh))


def piece_size(updates: int, most: int) -> int:
    """Returns how many batches a piece has so that `updates` fill the last one as well as can be.

    Example:
        >>> piece_size(50, most=8), piece_size(9, most=8), piece_size(1, most=8)
        (8, 5, 1)
    """
    count = -(-updates // most)
    return -(-updates // count)


class CallMetrics:
    """The metrics of compiled calls, of which two at most are on their way.

    So the host reads on while the device computes, and what it has read does not pile up there.

    Args:
        alive: boolean `[E]`, the members whose metrics say something.

    Attributes:
        faulty: the batches of the first call after which a loss or a gradient is not finite, by how
            many updates it came after the first call of all, and how many it made.
    """

    def __init__(self, alive: np.ndarray):
        self.faulty: tuple[Source, int, int] | None = None
        self._alive = alive
        self._found: list[tuple[np.ndarray, Metrics]] = []
        self._waiting: tuple[Source, Array | int, dict[str, Array]] | None = None

    def add(self, source: Source, weight: Array | int, metrics: dict[str, Array]) -> None:
        """Takes what a call returns.

        Args:
            source: its batches.
            weight: what its metrics weigh, its updates or, `[E]`, its targets.
            metrics: `[E]` each.
        """
        self._settle()
        self._waiting = source, weight, metrics

    def means(self) -> Metrics:
        """Returns the means; of the learning rate, the last one."""
        self._settle()
        if len(self._found) == 1:
            return self._found[0][1]
        total = np.maximum(sum(weight for weight, _ in self._found), 1)
        last = self._found[-1][1]
        means = {
            name: sum(_times(weight, found[name]) for weight, found in self._found) / total
            for name in last
        }
        means = {name: value.astype(last[name].dtype) for name, value in means.items()}
        return means | {name: last[name] for name in last.keys() & {"learning_rate"}}

    def _settle(self) -> None:
        """Waits for the last call."""
        if self._waiting is None:
            return
        source, weight, metrics = self._waiting
        self._waiting = None
        found = {name: gathered(values) for name, values in metrics.items()}
        judged = [found[name][self._alive] for name in ("loss", "grad_norm") if name in found]
        if self.faulty is None and not np.isfinite(judged).all():
            before = sum(int(np.max(weight)) for weight, _ in self._found)
            self.faulty = source, before, int(np.max(weight))
        self._found.append((gathered(weight), found))


def _times(weight: np.ndarray, values: np.ndarray) -> np.ndarray:
    # What weighs nothing may be anything.
    return np.where(weight > 0, weight * values.astype(np.float64), 0.0)


def evaluate_all(run: Evaluate, params: Params, supply: Supply, alive: np.ndarray) -> Metrics:
    """Returns means, `[E]` each, over everything that is held out."""
    calls = CallMetrics(alive)
    for source in supply.all():
        metrics, count = run(params, source)
        calls.add(source, count, metrics)
    return calls.means()
