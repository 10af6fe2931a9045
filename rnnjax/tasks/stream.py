"""What an iterator on the host delivers, cut to batches of one size, from a place that is known."""

import base64
import collections
import copy
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from rnnjax.tasks.examples import Examples, rows_of

Position = dict[str, Any]  # JSON can hold it
_END = object()


class _Delivered(NamedTuple):
    """Examples as they were delivered, and the state of the iterator before."""

    state: Any
    examples: Examples


class Stream:
    """Examples of an iterator, some rows at a time; a new iterator when one ends.

    Its position is the state of the iterator where that can tell it, by `get_state` and
    `set_state` as Grain's can; else how many deliveries have been used up, and to go there all of
    them are read again.

    Args:
        part: whose examples they are, for messages.
        begin: makes an iterator of examples.
        check: makes checked `Examples` of one delivery.
    """

    def __init__(
        self, part: str, begin: Callable[[], Iterator[Any]], check: Callable[[Any], Examples]
    ):
        self._part, self._begin, self._check = part, begin, check
        self._iterator: Any = None
        self._kind = ""
        self._restart()

    def _restart(self) -> None:
        self._iterator = None
        self._waiting: collections.deque[_Delivered] = collections.deque()
        self._read = 0  # deliveries that are used up
        self._used = 0  # rows of the first one that waits

    @property
    def position(self) -> Position:
        """Where the next rows come from."""
        position: Position = {"read": self._read, "used": self._used}
        state = self._waiting[0].state if self._waiting else _state(self._iterator)
        return position if state is None else position | {"state": _as_json(state)}

    def seek(self, position: Position) -> None:
        """Goes to a position.

        Raises:
            ValueError: if it is that of another kind of iterator.
        """
        read, used = position["read"], position["used"]
        if "state" in position:
            self._restart()
            self._iterator = self._begin()
            if not hasattr(self._iterator, "set_state"):
                kind = type(self._iterator).__name__
                raise ValueError(f"{self._part}: a {kind} has no set_state to go on from a state")
            self._iterator.set_state(_from_json(position["state"]))
            self._read = read
        elif (self._read, self._used) > (read, used):
            self._restart()
        while self._read < read:
            if not self._waiting:
                self._deliver_again()
            self._waiting.popleft()
            self._read += 1
        if used and not self._waiting:
            self._deliver_again()
        self._used = used

    def peek(self, count: int) -> Examples:
        """Returns the next rows, still to be taken; fewer where the iterator ends before."""
        while self._there < count and self._deliver():
            pass
        if not self._there:
            self._deliver_again()
        return self._joined(min(count, self._there))

    def take(self, count: int) -> Examples:
        """Returns the next rows; after the end they come from a new iterator.

        Raises:
            ValueError: if that has none.
        """
        while self._there < count:
            if not self._deliver():
                self._deliver_again()
        return self._drop(count)

    def rest(self, count: int) -> Iterator[Examples]:
        """Yields the rows up to the end, `count` at once but for the last.

        Raises:
            ValueError: if there are none.
        """
        while self._deliver():
            while self._there >= count:
                yield self._drop(count)
        if self._there:
            yield self._drop(self._there)
        elif not self._read:
            raise ValueError(f"{self._part} has no examples")

    @property
    def _there(self) -> int:
        return sum(len(given.examples.inputs) for given in self._waiting) - self._used

    def _deliver(self) -> bool:
        """Reads on; says whether there was something."""
        if self._iterator is None:
            self._iterator = self._begin()
        state = _state(self._iterator)
        item = next(self._iterator, _END)
        if item is _END:
            self._iterator = None
            return False
        examples = self._check(item)
        kind = ", ".join(f"{x.dtype} {x.shape[1:]}" for x in examples if x is not None)
        self._kind = self._kind or kind
        if kind != self._kind:
            raise ValueError(
                f"{self._part}: all batches need the same shapes but for their first axis; "
                f"the first had {self._kind}, another one has {kind}"
            )
        self._waiting.append(_Delivered(state, examples))
        return True

    def _deliver_again(self) -> None:
        if not self._deliver() and not self._deliver():
            raise ValueError(
                f"{self._part} has no more examples: each call must return a new iterator"
            )

    def _drop(self, count: int) -> Examples:
        rows = self._joined(count)
        self._used += count
        while self._waiting and self._used >= len(self._waiting[0].examples.inputs):
            self._used -= len(self._waiting.popleft().examples.inputs)
            self._read += 1
        return rows

    def _joined(self, count: int) -> Examples:
        pieces, begin = [], self._used
        for given in self._waiting:
            piece = rows_of(given.examples, slice(begin, begin + count))
            pieces.append(piece)
            count -= len(piece.inputs)
            begin = 0
            if not count:
                break
        if len(pieces) == 1:
            return pieces[0]
        columns = zip(*pieces, strict=True)
        return Examples(*(None if c[0] is None else np.concatenate(c) for c in columns))


def _state(iterator: Any) -> Any:
    # Copies, here and below: an iterator may change its state in place.
    return copy.deepcopy(iterator.get_state()) if hasattr(iterator, "get_state") else None


def _as_json(state: Any) -> Any:
    return {"bytes": base64.b64encode(state).decode()} if isinstance(state, bytes) else state


def _from_json(state: Any) -> Any:
    if isinstance(state, dict) and state.keys() == {"bytes"}:
        return base64.b64decode(state["bytes"])
    return copy.deepcopy(state)
