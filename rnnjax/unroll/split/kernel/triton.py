"""Pallas kernels that run a `SplitCell` over time with its recurrent matrix on chip.

A program runs all steps of a few sequences. It reads the matrix once, and Triton keeps it in the
multiprocessor's shared memory; the state stays in registers. In single precision the products are
of single precision too: TF32 would keep three digits, and three TF32 products for each would need
the matrix twice. So a program has few sequences, and in half precision the 16 of a tensor core.

These are kernels for Pallas' Triton backend although jax 0.12 calls it deprecated: its successor,
Mosaic GPU, multiplies single precision as TF32 alone and wants a Hopper GPU or a newer one.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton

from rnnjax.cells.base import SplitCell
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.single import widened
from rnnjax.unroll.split.kernel import steps as split_steps
from rnnjax.unroll.split.kernel.program import Program, trace
from rnnjax.unroll.split.kernel.steps import Backward, Forward
from rnnjax.unroll.split.kernel.tiles import Layout, Tiles, evaluate, is_known, tiles

_ON_CHIP = 200 * 1024  # bytes of weights; of 227 KB shared memory a program uses up to 20 beside
_MULTIPROCESSORS = 128  # or a few more, of a large GPU


def forward(interpret: bool, cell: SplitCell, params: Params, given: Forward) -> tuple[State, Any]:
    """Does what `split_steps.forward` does."""
    leaves, structure = jax.tree.flatten(given.state)
    rows, as_rows = _batch_of_a_trace((params, given.state, given.us))
    step = functools.partial(split_steps.step, cell)
    values = as_rows(given.state), as_rows(given.us)
    program = trace(step, params, *values, rows=rows)
    _, y = jax.eval_shape(step, params, *values)
    outputs, output_structure = jax.tree.flatten(y)
    steps, batch = given.us.shape[:2]
    each = (*leaves, *outputs)
    like = [jax.ShapeDtypeStruct((steps, batch, x.shape[-1]), x.dtype) for x in each]
    layout = _layout(program, leaves, rows, batch)
    made = _call(interpret, _forward_kernel, layout, program, params, given, like)
    afters, ys = made[: len(leaves)], made[len(leaves) :]
    return jax.tree.unflatten(structure, afters), jax.tree.unflatten(output_structure, ys)


def backward(
    interpret: bool, cell: SplitCell, params: Params, given: Backward
) -> tuple[State, State]:
    """Does what `split_steps.backward` does."""
    leaves, structure = jax.tree.flatten(given.d_last)
    rows, as_rows = _batch_of_a_trace((params, given.d_last, given.us, given.d_ys))
    values = given.d_last, given.us, given.vs, given.d_last, given.d_ys
    pull = functools.partial(split_steps.pull, cell)
    program = trace(pull, params, *map(as_rows, values), rows=rows)
    steps, batch = given.us.shape[:2]
    first = [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in leaves]
    like = [jax.ShapeDtypeStruct((steps, *x.shape), x.dtype) for x in leaves] + first
    layout = _layout(program, leaves, rows, batch)
    made = _call(interpret, _backward_kernel, layout, program, params, given, like)
    d_afters, d_state = made[: len(leaves)], made[len(leaves) :]
    return jax.tree.unflatten(structure, d_afters), jax.tree.unflatten(structure, d_state)


def can_run(cell: SplitCell, params: Params, state: State, u: Any) -> bool:
    """Says whether `forward` and `backward` know all that a step is made of, by shapes alone."""
    rows, as_rows = _batch_of_a_trace((params, state, u))
    state, u = as_rows(state), as_rows(u)
    _, y = jax.eval_shape(functools.partial(split_steps.step, cell), params, state, u)
    step, pull = (functools.partial(f, cell) for f in (split_steps.step, split_steps.pull))
    try:
        programs = (
            trace(step, params, state, u, rows=rows),
            trace(pull, params, state, u, u, state, y, rows=rows),
        )
    except TypeError:
        return False
    return all(is_known(equation) for program in programs for equation in program.late)


def _batch_of_a_trace(arrays: Any) -> tuple[int, Callable[[Any], Any]]:
    """Returns a batch that is longer than any other axis of a step, and what makes it that."""
    sizes = [x.shape if x.ndim < 3 else x.shape[2:] for x in jax.tree.leaves(arrays)]
    rows = 1 + 2 * sum(map(sum, sizes))

    def as_rows(tree: Any) -> Any:
        return jax.tree.map(lambda x: jax.ShapeDtypeStruct((rows, x.shape[-1]), x.dtype), tree)

    return rows, as_rows


def _layout(program: Program, state: list[Array], rows: int, batch: int) -> Layout:
    """Chooses the shape of a tile.

    Raises:
        ValueError: if the weights do not fit on chip.
    """
    matrices = [v.aval for v in program.weights if v.aval.ndim == 2]
    if matrices and all(m.dtype.itemsize == 2 for m in matrices):
        tile_rows = 16
    else:  # so few that each multiprocessor has some, and that nothing spills
        tile_rows = 4 if batch <= 4 * _MULTIPROCESSORS else 8
    layout = Layout(min(x.shape[-1] for x in state), rows, tile_rows)
    needed = sum(
        math.prod(layout.count(size) * layout.tile_units for size in v.aval.shape)
        * v.aval.dtype.itemsize
        for v in program.weights
    )
    if needed > _ON_CHIP:
        raise ValueError(
            f"unroll.fused keeps recurrent weights on chip, {_ON_CHIP // 1024} KB at most; "
            f"{layout.units} units take {needed // 1024}: use unroll.deferred, or half precision"
        )
    return layout


def _call(interpret, kernel, layout, program, params, given, like):
    """Runs a kernel once every few sequences, on arrays `[T, B, F]` or `[B, F]`, in and out."""
    weights = [
        layout.padded(w.reshape(w.shape or (1,)), range(w.ndim))
        for w in program.prepare(jax.tree.leaves(params))
    ]
    batch, rows = like[0].shape[-2], layout.tile_rows
    missing = -batch % rows

    def lay(x: Array) -> Array:
        x = x[..., None].astype(jnp.int32) if x.dtype == bool else layout.padded(x, (-1,))
        return jnp.pad(x, [(0, 0)] * (x.ndim - 2) + [(0, missing), (0, 0)])

    def laid(x: Any) -> jax.ShapeDtypeStruct:
        *steps, _, units = x.shape
        units = layout.count(units) * layout.tile_units
        return jax.ShapeDtypeStruct((*steps, batch + missing, units), x.dtype)

    def spec(x: Any) -> pl.BlockSpec:
        *steps, _, units = x.shape
        return pl.BlockSpec((*steps, rows, units), lambda i: (*(0,) * len(steps), i, 0))

    given, outputs = jax.tree.map(lay, given), [laid(x) for x in like]
    whole = [pl.BlockSpec(w.shape, lambda i, axes=w.ndim: (0,) * axes) for w in weights]
    threads = min(max(rows * layout.tile_units, 32), 256)  # no more than a tile has entries
    made = pl.pallas_call(
        functools.partial(kernel, program, layout),
        grid=((batch + missing) // rows,),
        in_specs=(whole, jax.tree.map(spec, given)),
        out_specs=[spec(x) for x in outputs],
        out_shape=outputs,
        interpret=interpret,
        compiler_params=triton.CompilerParams(num_warps=threads // 32, num_stages=1),
    )(weights, given)
    return [layout.cut(x[..., :batch, :]) for x in made]


def _forward_kernel(program, layout, weights, given, *outputs):
    weights = _read_weights(layout, program, weights)
    state, initial = (
        None if refs is None else _read(layout, None, jax.tree.leaves(refs))
        for refs in (given.state, given.initial)
    )

    def run(start: list, u: tuple) -> tuple[list, list]:
        made = _run(program, layout, weights, [*start, u])
        return made[: len(start)], made[len(start) :]

    def body(t: Array, state: list) -> list:
        u, flags = _read(layout, t, (given.us, given.flags))
        after, y = split_steps.forward_step(run, initial, state, u, flags)
        _write(layout, t, outputs, [*after, *y])
        return after

    jax.lax.fori_loop(0, given.us.shape[0], body, state)


def _backward_kernel(program, layout, weights, given, *outputs):
    weights = _read_weights(layout, program, weights)
    count, steps = len(outputs) // 2, given.us.shape[0]
    starts, d_ys = map(jax.tree.leaves, (given.starts, given.d_ys))
    sequences = starts, given.us, given.vs, d_ys, given.flags

    def run(start: list, u: tuple, v: tuple, d_after: list, d_y: list) -> list:
        return _run(program, layout, weights, [*start, u, v, *d_after, *d_y])

    def body(i: Array, d_after: list) -> list:
        t = steps - 1 - i
        inputs = _read(layout, t, sequences)
        _write(layout, t, outputs[:count], d_after)
        return split_steps.backward_step(run, d_after, *inputs)

    d_last = _read(layout, None, jax.tree.leaves(given.d_last))
    _write(layout, None, outputs[count:], jax.lax.fori_loop(0, steps, body, d_last))


def _run(program: Program, layout: Layout, weights: list[Tiles], values: list) -> list:
    """Runs a program on values that are tuples of the tiles of their only axis of units."""
    rows = [tiles((1, len(value)), lambda _, k, value=value: value[k]) for value in values]
    results = evaluate(program, layout, weights, rows)
    return [tuple(map(widened, row[0])) for row in results]


def _read_weights(layout: Layout, program: Program, refs: list) -> list[Tiles]:
    """Reads all of the weights; a scalar comes as an array of one entry."""

    def read(shape: tuple[int, ...], ref: Any) -> Tiles:
        if not shape:
            return tiles((), lambda: ref[0])
        sides = tuple(map(layout.side, shape))
        return tiles(
            tuple(map(layout.count, shape)),
            lambda *index: ref[tuple(pl.ds(i * n, n) for i, n in zip(index, sides, strict=True))],
        )

    return [read(v.aval.shape, ref) for v, ref in zip(program.weights, refs, strict=True)]


def _read(layout: Layout, t: Array | None, refs: Any) -> Any:
    """Reads one step, or what has no time: a flag as booleans, all else as a tuple of tiles."""
    rows = (slice(None),) if t is None else (t, slice(None))

    def read(ref: Any) -> Any:
        if ref.dtype == jnp.int32:
            return ref[(*rows, slice(None))] != 0
        count = ref.shape[-1] // layout.tile_units
        return tuple(widened(ref[(*rows, _columns(layout, k))]) for k in range(count))

    return jax.tree.map(read, refs)


def _write(layout: Layout, t: Array | None, refs: Any, values: list) -> None:
    rows = (slice(None),) if t is None else (t, slice(None))
    for ref, value in zip(refs, values, strict=True):
        for k, tile in enumerate(value):
            ref[(*rows, _columns(layout, k))] = tile.astype(ref.dtype)


def _columns(layout: Layout, k: int) -> Any:
    return pl.ds(k * layout.tile_units, layout.tile_units)
