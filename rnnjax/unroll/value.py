"""What the engines of the library share: they are values, with settings, that check a call."""

import abc
import dataclasses
from collections.abc import Iterator
from typing import Any, ClassVar, Self, overload

from rnnjax.cells.base import Cell, LinearCell, SplitCell
from rnnjax.compose.base import Composite
from rnnjax.typing import Array, Params, State, Static
from rnnjax.unroll.base import hide
from rnnjax.unroll.checks import check_call

_WHAT_IT_IS = {
    Cell: "a Cell",
    SplitCell: "a SplitCell, with project, recur, combine",
    LinearCell: "a LinearCell, h_t = a_t * h_(t-1) + b_t",
}


class EngineValue(Static, abc.ABC):
    """An engine that is a value with and without settings: `deferred`, `deferred(chunk=28)`.

    Called with a cell it runs the cell; called with settings alone, by their names, it returns the
    engine that has them. The fields of a subclass are its settings.
    """

    contracts: ClassVar[tuple[type[Cell], ...]] = (Cell,)  # what it runs, any of them
    by_parts: ClassVar[bool] = True  # whether the parts of a cell made of cells are run one by one

    def __post_init__(self) -> None:
        """Refuses settings that count something and are no count.

        Raises:
            ValueError: if one is not a whole number of 1 or more; the message names it.
        """
        for field in dataclasses.fields(self):  # pyright: ignore[reportArgumentType]
            value = getattr(self, field.name)
            if field.type == int | None and value is None:
                continue
            if field.type in (int, int | None) and not (type(value) is int and value >= 1):
                raise ValueError(f"{field.name} must be a whole number of 1 or more; got {value!r}")

    @property
    def name(self) -> str:
        """The name that flags and tables have for it, whatever its settings."""
        return type(self).__name__.removeprefix("_")

    def __repr__(self) -> str:
        return super().__repr__().removeprefix("_")

    @overload
    def __call__(self, **settings: Any) -> Self: ...

    @overload
    def __call__(
        self,
        cell: Cell,
        params: Params,
        state: State,
        xs: Array,
        *,
        mask: Array | None = None,
        reset: Array | None = None,
    ) -> tuple[State, Array]: ...

    def __call__(
        self,
        cell: Any = None,
        params: Params = None,
        state: State = None,
        xs: Any = None,
        *,
        mask: Array | None = None,
        reset: Array | None = None,
        **settings: Any,
    ) -> Any:
        """Runs `cell` over `xs`, see `unroll.Engine`; or returns this engine with other settings.

        Raises:
            TypeError: also if there is no such setting, or one comes together with a cell.
            ValueError: also if a setting cannot have such a value.
        """
        own = [field.name for field in dataclasses.fields(self)]  # pyright: ignore[reportArgumentType]
        if unknown := settings.keys() - own:
            has = f"it has {', '.join(own)}" if own else "it has none"
            raise TypeError(f"{self} has no setting {min(unknown)}; {has}")
        if all(x is None for x in (cell, params, state, xs, mask, reset)):
            return dataclasses.replace(self, **settings)
        if not isinstance(cell, Cell):
            raise TypeError(f"{self} takes settings by their names, or a cell; got {cell!r}")
        if settings:
            engine = dataclasses.replace(self, **settings)
            raise TypeError(f"settings come before the cell: {engine}(cell, ...)")
        if xs is None:
            raise TypeError(f"{self} takes a cell, its params, a state and xs; got no xs")
        self.check(cell, params, state, xs, mask, reset)
        return self._run(cell, params, state, xs, mask, reset)

    @abc.abstractmethod
    def run(
        self,
        cell: Any,  # of one of `contracts`
        params: Params,
        state: State,
        xs: Array,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[State, Array]:
        """Runs `cell` over `xs`, all of which were checked; see `unroll.Engine`."""

    def check(
        self,
        cell: Cell,
        params: Params,
        state: State,
        xs: Array,
        mask: Array | None,
        reset: Array | None,
    ) -> None:
        """Refuses what this engine does not run; see `unroll.Engine` for what is raised."""
        for part in _parts(cell) if self.by_parts else (cell,):
            if not isinstance(part, self.contracts):
                serves = " or ".join(map(_WHAT_IT_IS.__getitem__, self.contracts))
                where = "" if part is cell else f", a part of {cell}"
                raise TypeError(f"unroll.{self.name} runs {serves}; got {part}{where}")
        check_call(cell, params, state, xs, mask, reset)

    def _run(
        self,
        cell: Cell,
        params: Params,
        state: State,
        xs: Array,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[State, Array]:
        """Runs `cell`, or each of its parts over all of time."""
        if not (self.by_parts and isinstance(cell, Composite)):
            return self.run(cell, params, state, xs, mask, reset)

        def run(part: Cell, params: Params, state: State, xs: Array) -> tuple[State, Array]:
            return self._run(part, params, state, xs, mask, reset)

        # Each part hides what is masked, but what the cell does around its parts does not.
        state, ys = cell.run_parts(run, params, state, hide(xs, mask))
        return state, hide(ys, mask)


class Chunked(EngineValue):
    """An engine that may run time in chunks.

    Args:
        chunk: how many steps are run at a time; None leaves that to the engine.
    """

    chunk: int | None = None


def _parts(cell: Cell) -> Iterator[Cell]:
    """Returns the cells that `cell` is made of down to those that are made of none."""
    if isinstance(cell, Composite):
        for part in cell.parts:
            yield from _parts(part)
    else:
        yield cell
