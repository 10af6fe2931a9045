"""Pallas kernels that run a `SplitCell` over time with its recurrent matrix on chip.

A program runs all steps of a few sequences. It reads the matrix once, and Triton keeps it in the
multiprocessor's shared memory; the state stays in registers. In single precision the products are
of single precision too, unless `jax.default_matmul_precision` names an algorithm of tensor cores,
such as BF16_BF16_F32_X3: then, as in half precision, a program has 16 sequences, else few. A
program of one sequence keeps the matrix in registers and sums up products itself.

What of a backward step needs no cotangent is computed for all steps before the kernel. The inputs
of a step are read while the one before it is computed.

These are kernels for Pallas' Triton backend although jax 0.12 calls it deprecated: its successor,
Mosaic GPU, multiplies single precision as TF32 alone and wants a Hopper GPU or a newer one.
"""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton
from jax.extend.core import Literal

from rnnjax.cells.base import SplitCell
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.split.kernel import kernels
from rnnjax.unroll.split.kernel import steps as split_steps
from rnnjax.unroll.split.kernel.program import Program, trace
from rnnjax.unroll.split.kernel.steps import Backward, Flags, Forward
from rnnjax.unroll.split.kernel.tiles import (
    Layout,
    Tiles,
    evaluate,
    has_rule,
    interleaved,
    uses_tensor_cores,
)

_ON_CHIP = 200 * 1024  # bytes of weights; of 227 KB shared memory a program uses up to 20 beside
_IN_REGISTERS = 128 * 1024  # bytes of weights, of 256 KB that a multiprocessor has
_MULTIPROCESSORS = 128  # or a few more, of a large GPU


class Tile(NamedTuple):
    """What a program works on: so many sequences, by so many warps; None where that is chosen."""

    rows: int | None = None
    warps: int | None = None


class Kept(NamedTuple):
    """What a backward kernel is given: of each step all that its cotangents are not needed for."""

    d_last: State  # leaves [B, ...]
    kept: list[Array]  # [T, B, F] each
    flags: Flags


def forward(
    interpret: bool, tile: Tile, cell: SplitCell, params: Params, given: Forward
) -> tuple[State, Any]:
    """Does what `split_steps.forward` does."""
    leaves, structure = jax.tree.flatten(given.state)
    rows, as_rows = _batch_of_a_trace((params, given.state, given.us))
    step = functools.partial(split_steps.step, cell)
    values = as_rows(given.state), as_rows(given.us)
    program = trace(step, params, *values, rows=rows)
    _, y = jax.eval_shape(step, params, *values)
    outputs, output_structure = jax.tree.flatten(y)
    steps, batch = given.us.shape[:2]
    after, made = program.results[: len(leaves)], program.results[len(leaves) :]
    # An output that is a part of the state, as most cells' are, is written once.
    is_written_once = given.flags.mask is None
    same = [after.index(atom) if is_written_once and atom in after else None for atom in made]
    each = (*leaves, *(x for x, i in zip(outputs, same, strict=True) if i is None))
    like = [jax.ShapeDtypeStruct((steps, batch, x.shape[-1]), x.dtype) for x in each]
    layout = _layout(program, leaves, rows, batch, tile)
    kernel = functools.partial(kernels.forward_kernel, [i is None for i in same])
    made = _call(interpret, kernel, layout, tile.warps, program, params, given, like)
    afters, others = made[: len(leaves)], iter(made[len(leaves) :])
    ys = [next(others) if i is None else afters[i] for i in same]
    return jax.tree.unflatten(structure, afters), jax.tree.unflatten(output_structure, ys)


def backward(
    interpret: bool, tile: Tile, cell: SplitCell, params: Params, given: Backward
) -> tuple[State, State]:
    """Does what `split_steps.backward` does."""
    leaves, structure = jax.tree.flatten(given.d_last)
    rows, as_rows = _batch_of_a_trace((params, given.d_last, given.us, given.d_ys))
    fixed = given.starts, given.us, given.vs, given.d_ys
    pull = functools.partial(split_steps.pull, cell)
    program = trace(pull, params, *map(as_rows, (*fixed, given.d_last)), rows=rows)
    ahead, program = program.divided(len(jax.tree.leaves(fixed)))
    steps, batch = given.us.shape[:2]
    layout = _layout(program, leaves, rows, batch, tile)
    inputs = Kept(given.d_last, _run_ahead(ahead, layout, params, fixed), given.flags)
    first = [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in leaves]
    like = [jax.ShapeDtypeStruct((steps, *x.shape), x.dtype) for x in leaves] + first
    made = _call(
        interpret, kernels.backward_kernel, layout, tile.warps, program, params, inputs, like
    )
    d_afters, d_state = made[: len(leaves)], made[len(leaves) :]
    return jax.tree.unflatten(structure, d_afters), jax.tree.unflatten(structure, d_state)


def _run_ahead(program: Program, layout: Layout, params: Params, values: Any) -> list[Array]:
    """Runs a program on all steps at once, from values `[T, B, F]` to others."""
    leaves = jax.tree.leaves(values)
    steps, batch = leaves[0].shape[:2]
    layout = layout._replace(tile_rows=steps * batch)
    weights = [
        layout.cut_up(v.aval.shape, w)
        for v, w in zip(program.weights, program.prepare(jax.tree.leaves(params)), strict=True)
    ]
    rows = [
        layout.cut_up(v.aval.shape, x.reshape(-1, x.shape[-1]))
        for v, x in zip(program.values, leaves, strict=True)
    ]

    def whole(tiles: Tiles) -> Array:
        x = jnp.concatenate(list(tiles[0]), -1)
        return layout.cut(x.astype(jnp.float32) if x.dtype == bool else x).reshape(steps, batch, -1)

    return list(map(whole, evaluate(program, layout, weights, rows)))


def can_run(cell: SplitCell, params: Params, state: State, u: Any) -> bool:
    """Says whether `forward` and `backward` know all that a step is made of, by shapes alone."""
    rows, as_rows = _batch_of_a_trace((params, state, u))
    state, u = as_rows(state), as_rows(u)
    _, y = jax.eval_shape(functools.partial(split_steps.step, cell), params, state, u)
    v = jax.eval_shape(cell.recur, params, state)
    step, pull = (functools.partial(f, cell) for f in (split_steps.step, split_steps.pull))
    try:
        programs = (
            trace(step, params, state, u, rows=rows),
            trace(pull, params, state, u, v, y, state, rows=rows),
        )
    except TypeError:
        return False
    return all(has_rule(equation) for program in programs for equation in program.late)


def _batch_of_a_trace(arrays: Any) -> tuple[int, Callable[[Any], Any]]:
    """Returns a batch that is longer than any other axis of a step, and what makes it that."""
    sizes = [x.shape if x.ndim < 3 else x.shape[2:] for x in jax.tree.leaves(arrays)]
    rows = 1 + 2 * sum(map(sum, sizes))

    def as_rows(tree: Any) -> Any:
        return jax.tree.map(lambda x: jax.ShapeDtypeStruct((rows, x.shape[-1]), x.dtype), tree)

    return rows, as_rows


def _layout(program: Program, state: list[Array], rows: int, batch: int, tile: Tile) -> Layout:
    """Chooses the shape of a tile, where the user has not.

    Raises:
        ValueError: if the weights do not fit on chip.
    """
    products = [e for e in program.late if e.primitive.name == "dot_general"]
    size = sum(v.aval.size * v.aval.dtype.itemsize for v in program.weights)
    is_square = all(e.invars[1].aval.shape[0] == e.invars[1].aval.shape[1] for e in products)
    if products and all(map(uses_tensor_cores, products)):
        tile_rows = 16
    elif is_square and batch <= _MULTIPROCESSORS and size <= _IN_REGISTERS:
        tile_rows = 1  # of an `Elman(128)` the gradient takes a third of what it takes with 4
    else:  # so few that each multiprocessor has some, and that nothing spills
        tile_rows = 4 if batch <= 4 * _MULTIPROCESSORS else 8
    layout = Layout(min(x.shape[-1] for x in state), rows, tile.rows or tile_rows)
    needed = sum(
        math.prod(layout.count(size) * layout.tile_units for size in v.aval.shape)
        * v.aval.dtype.itemsize
        for v in program.weights
    )
    limit = _IN_REGISTERS if layout.tile_rows == 1 else _ON_CHIP
    if needed > limit:
        raise ValueError(
            f"unroll.fused keeps recurrent weights on chip, {limit // 1024} KB at most; "
            f"{layout.units} units take {needed // 1024}: use unroll.deferred, or half precision"
        )
    return layout


def _call(interpret, kernel, layout, warps, program, params, given, like):
    """Runs a kernel once every few sequences, on arrays `[T, B, F]` or `[B, F]`, in and out."""
    weights = [
        layout.padded(w.reshape(w.shape or (1,)), range(w.ndim))
        for w in program.prepare(jax.tree.leaves(params))
    ]
    if layout.tile_rows == 1:
        factors = _factors(program)
        weights = [
            interleaved(layout, w) if v in factors else w
            for v, w in zip(program.weights, weights, strict=True)
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
    whole = jax.tree.map(lambda w: pl.BlockSpec(w.shape, lambda i: (0,) * w.ndim), weights)
    # No more threads than a tile has entries.
    warps = warps or min(max(rows * layout.tile_units // 32, 1), 8)
    made = pl.pallas_call(
        functools.partial(kernel, program, layout),
        grid=((batch + missing) // rows,),
        in_specs=(whole, jax.tree.map(spec, given)),
        out_specs=[spec(x) for x in outputs],
        out_shape=outputs,
        interpret=interpret,
        compiler_params=triton.CompilerParams(num_warps=warps, num_stages=1),
    )(weights, given)
    return [layout.cut(x[..., :batch, :]) for x in made]


def _factors(program: Program) -> set:
    """Returns the weights that products take and nothing else does."""
    products = [e for e in program.late if e.primitive.name == "dot_general"]
    others = [e for e in program.late if e.primitive.name != "dot_general"]
    used = {v for e in others for v in e.invars if not isinstance(v, Literal)}
    return {e.invars[1] for e in products} & set(program.weights) - used
