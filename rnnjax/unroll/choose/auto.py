"""The engine that picks an engine."""

import functools
import math
from typing import Any, NamedTuple

import jax

from rnnjax.cells.base import AssociativeCell, Cell, LinearCell, SplitCell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.compose import half_products
from rnnjax.compose.base import Composite
from rnnjax.compose.matrix import innermost
from rnnjax.compose.mixed_precision import MixedPrecision
from rnnjax.compose.wrapper import Wrapper
from rnnjax.linear_map import differentiated_by
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.any.checkpointed import checkpointed
from rnnjax.unroll.any.scan import scan
from rnnjax.unroll.base import EngineValue, over_parts
from rnnjax.unroll.blocks import is_known
from rnnjax.unroll.checks import check_call, traced_field
from rnnjax.unroll.choose import measurements
from rnnjax.unroll.choose.measurements import Row, Size
from rnnjax.unroll.fused import fused
from rnnjax.unroll.linear.associative import associative
from rnnjax.unroll.linear.linear_scan import linear_scan
from rnnjax.unroll.split.deferred import deferred

CANDIDATES: dict[type[Cell], tuple[EngineValue, ...]] = {  # of each contract, what is measured
    SplitCell: (scan, deferred),
    LinearCell: (scan, linear_scan, associative),
    AssociativeCell: (scan, linear_scan, checkpointed),
}
_UNMEASURED: dict[type[Cell], EngineValue] = {  # elsewhere than on a CPU
    SplitCell: deferred,
    LinearCell: associative,
    AssociativeCell: linear_scan,
}
_UNKNOWN: dict[type[Cell], EngineValue] = {  # where a size is a symbol
    SplitCell: deferred,
    LinearCell: linear_scan,
    AssociativeCell: linear_scan,
}


class Auto(EngineValue):
    """Runs any cell on the engine that is best by measurement; see `unroll.Engine`.

    It is the leanest of the fastest where the nearest size was measured, on this backend, with a
    cell of the same contract: `unroll.choose` returns it, `unroll.explain` says why. On a GPU it is
    `fused` where there is a kernel, which was faster at all sizes that were tried. Where a
    gradient is taken it may be another one than where none is, unless that one is as fast there
    too. Of a cell made of cells each has an engine of its own.

    Example:
        >>> Auto()
        Auto()
    """

    closes = True  # on `scan`

    def run(
        self,
        cell: Cell,
        params: Params,
        state: State,
        xs: Any,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[State, Any]:
        """Runs `cell` over `xs`; see `unroll.Engine`."""
        if traced_field(cell):
            return scan.run(cell, params, state, xs, mask, reset)
        size, kernel = size_of(state, xs), _has_kernel(cell, params, state, xs)
        forward, gradient = (
            best(cell, size, gradient=wanted, kernel=kernel).engine for wanted in (False, True)
        )
        if forward == gradient:
            return forward.run(cell, params, state, xs, mask, reset)
        either = differentiated_by(
            functools.partial(gradient.run, cell), functools.partial(forward.run, cell)
        )
        return either(params, state, xs, mask, reset)


auto = Auto()


class ByPart(EngineValue):
    """Runs the parts of a cell made of cells, in their order, each on an engine of its own.

    Example:
        >>> ByPart((scan, deferred)).engines
        (Scan(unroll=1), Deferred(chunk=None))
    """

    by_parts = False  # it is what it does itself

    engines: tuple[EngineValue, ...]

    def check(
        self, cell: Cell, state: State, xs: Any, mask: Array | None, reset: Array | None
    ) -> None:
        """Refuses also what has more or fewer parts, or one that its engine does not run."""
        super().check(cell, state, xs, mask, reset)
        parts = auto.pieces(cell)
        if len(parts) != len(self.engines):
            raise TypeError(
                f"{self} has {len(self.engines)} engines for {len(parts)} parts: {cell}"
            )
        for engine, part in zip(self.engines, parts, strict=True):
            engine.check(part, (), xs, mask, reset)

    def run(
        self,
        cell: Cell,
        params: Params,
        state: State,
        xs: Any,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[State, Any]:
        """Runs `cell` over `xs`; see `unroll.Engine`."""
        engines = iter(self.engines)

        def run(part: Cell, params: Params, state: State, xs: Any) -> tuple[State, Any]:
            return next(engines).run(part, params, state, xs, mask, reset)

        return over_parts(run, cell, params, state, xs, mask)


class Choice(NamedTuple):
    """An engine and what speaks for it."""

    cell: Cell  # that it is for
    engine: EngineValue
    reason: str
    size: Size
    row: Row | None = None  # of the measurement
    about: str = ""  # the machine that it was made on


def best(cell: Cell, size: Size, *, gradient: bool = True, kernel: bool = False) -> Choice:
    """Returns the engine that `auto` runs a cell on that is made of no others.

    Args:
        cell: the recurrence.
        size: of the inputs and the state.
        gradient: whether a gradient is wanted.
        kernel: whether `unroll.fused` has a kernel for it on this machine.
    """
    if kernel:
        return Choice(cell, fused, "a kernel is faster than loops; python -m benchmarks.gpu", size)
    contract = next((kind for kind in CANDIDATES if isinstance(cell, kind)), None)
    if contract is None:
        reason = "the cell is neither a SplitCell nor an AssociativeCell"
        return Choice(cell, scan, reason, size)
    if not is_known(size.steps, size.batch):
        return Choice(cell, _UNKNOWN[contract], "a size is a symbol", size)
    backend = jax.default_backend()
    table = measurements.read_table(backend)
    work = contract.__name__, type(innermost(cell)).__name__, size
    half = _is_half(cell) and half_products.gains_by_halves()
    row = table.nearest(*work, gradient=gradient, half=half) if table else None
    if table is None or row is None:
        reason = f"nothing was measured on this backend, {backend}; python -m benchmarks.engines"
        return Choice(cell, _UNMEASURED[contract], reason, size)
    engines = {engine.name: engine for engine in CANDIDATES[contract]}
    fastest, *others = row.fastest()
    reason = f"the leanest of the fastest at the nearest measured size, {backend}"
    if not gradient and others:
        for_gradient = best(cell, size).engine.name
        if for_gradient in others:  # one engine for both is simpler
            fastest = for_gradient
            reason = f"as fast as any at the nearest measured size, {backend}"
    return Choice(cell, engines[fastest], reason, size, row, table.about)


def choose(
    cell: Cell, params: Params, state: State, xs: Any, *, gradient: bool = True
) -> EngineValue:
    """Returns the engine that `auto` runs `cell` on; of a cell made of cells, one for each part.

    Args:
        cell: the recurrence.
        params: its parameters, or their shapes; nothing is computed with them.
        state: the state before the first step, or its shapes.
        xs: inputs `[T, ..., D]`, or their shape as a `jax.ShapeDtypeStruct`.
        gradient: whether a gradient is wanted.

    Raises:
        TypeError: see `unroll.Engine`.
        ValueError: see `unroll.Engine`.

    Example:
        >>> from rnnjax.cells import GRUResetBefore
        >>> cell = GRUResetBefore(8)
        >>> params = cell.init(jax.random.key(0), 2)
        >>> choose(cell, params, cell.initial_state(params), jax.numpy.ones((28, 2)))
        Scan(unroll=1)
    """
    found = choices(cell, params, state, xs, gradient=gradient)
    if not isinstance(cell, Composite):
        return found[0].engine
    return ByPart(tuple(choice.engine for choice in found))


def explain(cell: Cell, params: Params, state: State, xs: Any, *, gradient: bool = True) -> None:
    """Prints which engine `auto` runs `cell` on, and why; of a cell made of cells, for each part.

    See `choose` for the arguments and for what is raised.

    Example:
        >>> from rnnjax.cells import GRUResetBefore
        >>> cell = GRUResetBefore(8)
        >>> params = cell.init(jax.random.key(0), 2)
        >>> explain(cell, params, cell.initial_state(params), jax.numpy.ones((28, 2)))
        scan: the cell is neither a SplitCell nor an AssociativeCell
    """
    for choice in choices(cell, params, state, xs, gradient=gradient):
        if choice.cell is not cell:
            print(choice.cell)
        print(f"{choice.engine.name}: {choice.reason}")
        if (row := choice.row) is None:
            continue
        part = "gradient" if row.gradient else "forward pass"
        steps, batch, hidden = choice.size
        print(f"  asked:    {choice.cell}, T={steps} B={batch} H={hidden}")
        print(
            f"  measured: {part} of {row.cell}({row.hidden}), T={row.steps} "
            f"B={row.batch} D={row.inputs}, on each device at once"
        )
        for name, time in sorted(row.milliseconds.items(), key=lambda item: item[1]):
            print(f"    {name:<12} {time:9.2f} ms {row.megabytes[name]:9.1f} MB")
        print(f"  on:       {choice.about}")


def choices(
    cell: Cell, params: Params, state: State, xs: Any, *, gradient: bool = True
) -> list[Choice]:
    """Returns what `auto` chooses for a cell, or for each part of one made of cells, in order."""
    auto.check(cell, state, xs, None, None)
    check_call(cell, params, state, xs)
    found = []

    def run(part: Cell, params: Params, state: State, xs: Any) -> tuple[State, Any]:
        kernel = _has_kernel(part, params, state, xs)
        found.append(best(part, size_of(state, xs), gradient=gradient, kernel=kernel))
        return scan.run(part, params, state, xs, None, None)

    jax.eval_shape(
        lambda params, state, xs: over_parts(run, cell, params, state, xs, None), params, state, xs
    )
    return found


def _has_kernel(cell: Cell, params: Params, state: State, xs: Any) -> bool:
    return jax.default_backend() == "gpu" and fused.fits(cell, params, state, xs)


def size_of(state: State, xs: Any) -> Size:
    """Returns the size of a piece of work."""
    steps, *batch = leading_axes(xs)
    leaves = jax.tree.leaves(state)
    widths = [leaf.shape[-1] for leaf in leaves if leaf.ndim > len(batch)]
    return Size(steps, math.prod(batch), max(widths, default=1))


def _is_half(cell: Cell) -> bool:
    while isinstance(cell, Wrapper):
        if isinstance(cell, MixedPrecision):
            return True
        cell = cell.cell
    return False
