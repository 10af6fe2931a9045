"""The engine that picks an engine."""

import functools
import math
from typing import Any, NamedTuple

import jax

from rnnjax.cells.base import Cell, LinearCell, SplitCell
from rnnjax.compose.base import Composite
from rnnjax.typing import Array, Params, State
from rnnjax.unroll import measurements
from rnnjax.unroll.associative import associative
from rnnjax.unroll.deferred import deferred
from rnnjax.unroll.linear_scan import linear_scan
from rnnjax.unroll.measurements import Row, Size
from rnnjax.unroll.sequential import scan
from rnnjax.unroll.value import EngineValue

CANDIDATES: dict[type[Cell], tuple[EngineValue, ...]] = {  # of each contract, what is measured
    SplitCell: (scan, deferred),
    LinearCell: (scan, linear_scan, associative),
}
_UNMEASURED = {SplitCell: deferred, LinearCell: associative}  # elsewhere than on a CPU


class _auto(EngineValue):  # noqa: N801 (prints as the call that makes it)
    """Runs any cell on the engine that is best by measurement; see `unroll.Engine`.

    Which engine runs may differ from size to size, and with it what can be differentiated: reverse
    mode always works; for forward mode (`jax.jvp`, `jax.jacfwd`) use `scan`.

    It is the leanest of the fastest where the nearest size was measured, on this backend, with a
    cell of the same contract; `unroll.explain` says which and why. Where a gradient is taken it may
    be another one than where none is, unless that one is as fast there too. Of a cell made of cells
    each has an engine of its own.
    """

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
        size = size_of(state, xs)
        forward, gradient = (choose(cell, size, gradient=wanted).engine for wanted in (False, True))
        if forward == gradient:
            return forward.run(cell, params, state, xs, mask, reset)

        made: Any = _run(cell, forward, gradient, (mask, reset), params, state, xs)
        return made


auto = _auto()


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2))
def _run(cell, forward, gradient, flags, params, state, xs):
    """Runs `forward`, and `gradient` instead where the result is differentiated."""
    mask, reset = flags
    return forward.run(cell, params, state, xs, mask, reset)


def _forward(cell, forward, gradient, flags, params, state, xs):
    mask, reset = flags

    def run(params: Params, state: State, xs: Array) -> tuple[State, Array]:
        return gradient.run(cell, params, state, xs, mask, reset)

    return jax.vjp(run, params, state, xs)


def _backward(cell, forward, gradient, pull, cotangents):
    return None, *pull(cotangents)


_run.defvjp(_forward, _backward)


class Choice(NamedTuple):
    """An engine and what speaks for it."""

    engine: EngineValue
    reason: str
    row: Row | None = None  # of the measurement
    about: str = ""  # the machine that it was made on


def choose(cell: Cell, size: Size, *, gradient: bool = True) -> Choice:
    """Returns the engine that `auto` runs `cell` on at some size.

    Args:
        cell: the recurrence.
        size: of the inputs and the state.
        gradient: whether a gradient is wanted.
    """
    contract = next((kind for kind in CANDIDATES if isinstance(cell, kind)), None)
    if contract is None:
        return Choice(scan, "the cell is neither a SplitCell nor a LinearCell")
    backend = jax.default_backend()
    table = measurements.read_table(backend)
    name = _name(cell)
    row = table.nearest(contract.__name__, name, size, gradient=gradient) if table else None
    if table is None or row is None:
        reason = f"nothing was measured on this backend, {backend}; python -m benchmarks.engines"
        return Choice(_UNMEASURED[contract], reason)
    engines = {engine.name: engine for engine in CANDIDATES[contract]}
    best, *others = row.fastest()
    reason = f"the leanest of the fastest at the nearest measured size, {backend}"
    if not gradient and others:
        for_gradient = choose(cell, size).engine.name
        if for_gradient in others:  # one engine for both is simpler
            best, reason = for_gradient, f"as fast as any at the nearest measured size, {backend}"
    return Choice(engines[best], reason, row, table.about)


def explain(cell: Cell, params: Params, state: State, xs: Array, *, gradient: bool = True) -> None:
    """Prints which engine `auto` runs `cell` on, and why; of a cell made of cells, for each.

    Args:
        cell: the recurrence.
        params: its parameters, or their shapes; nothing is computed with them.
        state: the state before the first step, or its shapes.
        xs: inputs `[T, ..., D]`, or their shape as a `jax.ShapeDtypeStruct`.
        gradient: whether a gradient is wanted.

    Raises:
        TypeError: see `unroll.Engine`.
        ValueError: see `unroll.Engine`.
    """
    auto.check(cell, params, state, xs, None, None)
    if isinstance(cell, Composite):

        def run(part: Cell, params: Params, state: State, xs: Array) -> tuple[State, Array]:
            if not isinstance(part, Composite):
                print(part)
            explain(part, params, state, xs, gradient=gradient)
            return scan.run(part, params, state, xs, None, None)

        jax.eval_shape(functools.partial(cell.run_parts, run), params, state, xs)
        return
    size = size_of(state, xs)
    choice = choose(cell, size, gradient=gradient)
    print(f"{choice.engine.name}: {choice.reason}")
    if row := choice.row:
        part = "gradient" if row.gradient else "forward pass"
        print(f"  asked:    {cell}, T={size.steps} B={size.batch} H={size.hidden}")
        print(
            f"  measured: {part} of {row.cell}({row.hidden}), T={row.steps} "
            f"B={row.batch} D={row.inputs}, on each device at once"
        )
        for name, time in sorted(row.milliseconds.items(), key=lambda item: item[1]):
            print(f"    {name:<12} {time:9.2f} ms {row.megabytes[name]:9.1f} MB")
        print(f"  on:       {choice.about}")


def size_of(state: State, xs: Array) -> Size:
    """Returns the size of a piece of work."""
    batch_axes = xs.ndim - 2
    leaves = jax.tree.leaves(state)
    widths = [leaf.shape[-1] for leaf in leaves if leaf.ndim > batch_axes]
    return Size(xs.shape[0], math.prod(xs.shape[1:-1]), max(widths, default=1))


def _name(cell: Cell) -> str:
    """Returns the name of the kind of cell that does the work, which others may wrap."""
    while isinstance(inner := getattr(cell, "cell", None), Cell):
        cell = inner
    return type(cell).__name__
