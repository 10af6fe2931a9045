"""What every engine shares: its signature, and that it is a value which checks a call."""

import abc
import dataclasses
import functools
import re
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

import jax

from rnnjax.cells.base import AssociativeCell, Cell, LinearCell, SplitCell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.compose.base import Composite, Run
from rnnjax.text import named
from rnnjax.typing import Array, Params, State, Static
from rnnjax.unroll.blocks import is_known
from rnnjax.unroll.checks import check_call, check_inputs, traced_field
from rnnjax.unroll.masks import hide
from rnnjax.unroll.meshes import run_on_meshes

_WHAT_IT_IS: dict[type[Cell], str] = {
    Cell: "a Cell",
    SplitCell: "a SplitCell, with project, recur, combine",
    AssociativeCell: "an AssociativeCell, with element, compose, apply",
    LinearCell: "a LinearCell, h_t = a_t * h_(t-1) + b_t",
}


class Engine(Protocol):
    """A way of running a cell over time.

    Engines differ in speed and memory alone: values and gradients are those of `unroll.scan`.

    Example:
        >>> from rnnjax import unroll
        >>> from rnnjax.cells import LSTM
        >>> cell, xs = LSTM(4), jax.numpy.ones((7, 2, 3))
        >>> params = cell.init(jax.random.key(0), 3)
        >>> state, ys = unroll.deferred(cell, params, cell.initial_state(params, (2,)), xs)
        >>> ys.shape
        (7, 2, 4)
    """

    def __call__(
        self,
        cell: Cell,
        params: Params,
        state: State,
        xs: Any,
        *,
        mask: Array | None = None,
        reset: Array | None = None,
    ) -> tuple[State, Any]:
        """Runs `cell` over `xs`.

        Args:
            cell: the recurrence.
            params: what `cell.init` returned.
            state: the state before the first step, such as `cell.initial_state(params, (B,))`.
            xs: inputs, `[T, ..., D]`, or a pytree of them where the cell takes several.
            mask: boolean `[T, ...]`, or with batch axes missing at the end. Where it is False the
                step does not happen: the state is carried through, the output is zero, and what
                `xs` holds there, NaN included, reaches no value and no gradient. A cell sees zeros
                in its place, where its derivatives must be finite.
            reset: boolean, shaped like a mask. Where it is True the step starts from the cell's
                initial state. Where the mask is False there is no step, so nothing to reset.

        Returns:
            The state after the last step and the outputs, `[T, ..., K]`.

        Raises:
            TypeError: if the engine cannot run this kind of cell, nor the cells that it is made
                of, a mask is not boolean, or something is no array.
            ValueError: if the cell does not run with these params on such inputs, or shapes or
                structures do not fit.
        """
        ...


class EngineValue(Static, abc.ABC):
    """An engine with settings, its fields: `Deferred(chunk=28)`. A call runs a cell.

    Outside `jax.jit` a call compiles once for a cell, an engine and shapes.
    """

    contracts: ClassVar[tuple[type[Cell], ...]] = (Cell,)  # what it runs, any of them
    by_parts: ClassVar[bool] = True  # whether the parts of a cell made of cells are run one by one
    knows: ClassVar[int | None] = 0  # how many axes of inputs, time first, are to be no symbols
    closes: ClassVar[bool] = False  # whether a cell's functions may close over traced values

    def __post_init__(self) -> None:
        """Refuses settings that count something and are no count.

        Raises:
            ValueError: if one is not a whole number of 1 or more; the message names it.
        """
        for field in dataclasses.fields(self):  # pyright: ignore[reportArgumentType]
            value = getattr(self, field.name)
            if field.type == int | None and value is None:
                continue
            least = field.metadata.get("least", 1)
            if field.type in (int, int | None) and not (type(value) is int and value >= least):
                raise ValueError(
                    f"{field.name} must be a whole number of {least} or more; got {value!r}"
                )
            if field.type is bool and not isinstance(value, bool):
                raise ValueError(f"{field.name} must be True or False; got {value!r}")

    @property
    def name(self) -> str:
        """The name that tables have for it, whatever its settings: `linear_scan`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    @property
    def full_name(self) -> str:
        """Its name and where it is found, as messages have it."""
        return f"unroll.{self.name}"

    def __call__(
        self,
        cell: Cell,
        params: Params,
        state: State,
        xs: Any,
        *,
        mask: Array | None = None,
        reset: Array | None = None,
    ) -> tuple[State, Any]:
        """Runs `cell` over `xs`; see `unroll.Engine`."""
        self.check(cell, state, xs, mask, reset)
        return _run(self, cell, params, state, xs, mask, reset)

    @abc.abstractmethod
    def run(
        self,
        cell: Any,  # of one of `contracts`
        params: Params,
        state: State,
        xs: Any,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[State, Any]:
        """Runs `cell` over `xs`, checked arguments; see `unroll.Engine`."""

    def serves(self, cell: Cell) -> bool:
        """Says whether this engine runs such a cell, or each that it is made of."""
        return all(map(self.runs, self.pieces(cell)))

    def runs(self, cell: Cell) -> bool:
        """Says whether this engine runs a cell that it takes as one piece."""
        return isinstance(cell, self.contracts)

    def pieces(self, cell: Cell) -> tuple[Cell, ...]:
        """Returns what of a cell this engine runs one by one: the cell, or those it is made of."""
        if not (self.by_parts and isinstance(cell, Composite)):
            return (cell,)
        return tuple(piece for part in cell.parts for piece in self.pieces(part))

    def check_cell(self, cell: Cell) -> None:
        """Refuses cells that this engine does not run.

        Raises:
            TypeError: see `unroll.Engine`.
        """
        if not isinstance(cell, Cell):
            raise TypeError(f"{self} runs a cell, such as LSTM(64); got {named(cell)}")
        for part in self.pieces(cell):
            if not self.runs(part):
                kinds = (_WHAT_IT_IS.get(kind, kind.__name__) for kind in self.contracts)
                serves = " or ".join(kinds)
                where = "" if part is cell else f", a part of {cell}"
                raise TypeError(f"{self.full_name} runs {serves}; got {part}{where}")

    def check(
        self, cell: Cell, state: State, xs: Any, mask: Array | None, reset: Array | None
    ) -> None:
        """Refuses what this engine does not run, before anything is traced.

        Raises:
            TypeError: see `unroll.Engine`.
            ValueError: see `unroll.Engine`.
        """
        self.check_cell(cell)
        check_inputs(state, xs, mask, reset)
        sizes = leading_axes(xs)[: self.knows]
        if not is_known(*sizes):
            raise ValueError(
                f"{self.full_name} has to know the sizes {sizes} of inputs: "
                "with symbols run unroll.scan, checkpointed, auto, deferred or linear_scan"
            )
        if not self.closes and (field := traced_field(cell)):
            raise ValueError(
                f"{cell}: {field} closes over a traced value, which has derivatives on unroll.scan "
                f"and checkpointed alone, not on {self.full_name}"
            )


def compiled(run: Callable[..., tuple[Any, Any]]) -> Callable[..., tuple[Any, Any]]:
    """Returns `run(engine, cell, params, state, xs, mask, reset)` for calls that were checked.

    It is given the parameters as `Cell.prepare` makes them, and returns what has the batch axes
    first and what is `[T, ...]`. Engine and cell are constants, so what was compiled is found
    again.
    """

    @jax.jit
    @functools.wraps(run)
    def call(
        engine: EngineValue,
        cell: Cell,
        params: Params,
        state: State,
        xs: Any,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[Any, Any]:
        def checked(xs: Any, params: Params, state: State, *flags: Array | None) -> tuple[Any, Any]:
            check_call(cell, params, state, xs)
            return run(engine, cell, cell.prepare(params), state, xs, *flags)

        return run_on_meshes(checked, xs, params, state, mask, reset)

    return call


@compiled
def _run(
    engine: EngineValue,
    cell: Cell,
    params: Params,
    state: State,
    xs: Any,
    mask: Array | None,
    reset: Array | None,
) -> tuple[State, Any]:
    """Runs a cell, or each of its parts, on an engine."""
    if not engine.by_parts:
        return engine.run(cell, params, state, xs, mask, reset)

    def run(part: Cell, params: Params, state: State, xs: Any) -> tuple[State, Any]:
        return engine.run(part, params, state, xs, mask, reset)

    return over_parts(run, cell, params, state, xs, mask)


def over_parts(
    run: Run, cell: Cell, params: Params, state: State, xs: Any, mask: Array | None
) -> tuple[State, Any]:
    """Runs a cell by `run`, or one made of cells part by part, each over all of time.

    Args:
        run: runs a cell that is made of no others over all of time.
        cell: the recurrence.
        params: its parameters.
        state: the state before the first step.
        xs: the inputs.
        mask: see `Engine`.
    """
    if not isinstance(cell, Composite):
        return run(cell, params, state, xs)

    def run_part(part: Cell, params: Params, state: State, xs: Any) -> tuple[State, Any]:
        return over_parts(run, part, params, state, xs, mask)

    # Each part hides what is masked, but what the cell does around its parts does not.
    state, ys = cell.run_parts(run_part, params, state, hide(xs, mask))
    return state, hide(ys, mask)


class Chunked(EngineValue):
    """An engine that may run time in chunks.

    Args:
        chunk: how many steps are run at a time; None leaves that to the engine.
    """

    chunk: int | None = None
