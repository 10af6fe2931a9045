"""Engines with settings."""

import abc
import dataclasses
from typing import Any, ClassVar, Self, overload

from rnnjax.cells.base import Cell
from rnnjax.compose.base import Composite
from rnnjax.typing import Array, Params, State, Static
from rnnjax.unroll.base import run_by_parts


class Configured(Static, abc.ABC):
    """An engine that is a value with and without settings: `deferred`, `deferred(chunk=28)`.

    Called with a cell it runs the cell; called with settings alone, by their names, it returns the
    engine that has them. The fields of a subclass are its settings.
    """

    by_parts: ClassVar[bool] = True  # whether the parts of a cell made of cells are run one by one

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
            raise TypeError(f"{self} has no setting {min(unknown)}; it has {', '.join(own)}")
        if all(x is None for x in (cell, params, state, xs, mask, reset)):
            return dataclasses.replace(self, **settings)
        if not isinstance(cell, Cell):
            raise TypeError(f"{self} takes settings by their names, or a cell; got {cell!r}")
        if settings:
            engine = dataclasses.replace(self, **settings)
            raise TypeError(f"settings come before the cell: {engine}(cell, ...)")
        if xs is None:
            raise TypeError(f"{self} takes a cell, its params, a state and xs; got no xs")
        if self.by_parts and isinstance(cell, Composite):
            return run_by_parts(self, cell, params, state, xs, mask, reset)
        return self.run(cell, params, state, xs, mask, reset)

    @abc.abstractmethod
    def run(
        self,
        cell: Cell,
        params: Params,
        state: State,
        xs: Array,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[State, Array]:
        """Runs `cell` over `xs`; see `unroll.Engine`."""
