"""What a kernel for a `SplitCell` does: reads a step, runs it, writes it, over all of time."""

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental import pallas as pl

from rnnjax.typing import Array
from rnnjax.unroll.single import widened
from rnnjax.unroll.split.kernel import steps as split_steps
from rnnjax.unroll.split.kernel.program import Program
from rnnjax.unroll.split.kernel.tiles import Interleaved, Layout, Tiles, evaluate, tiles


def forward_kernel(is_new, program, layout, weights, given, *outputs):
    """Runs all steps of some sequences and writes the states and, where they are new, outputs."""
    weights = _read_weights(layout, program, weights)
    state, initial = (
        None if refs is None else _read(layout, None, jax.tree.leaves(refs))
        for refs in (given.state, given.initial)
    )

    def run(start: list, u: tuple) -> tuple[list, list]:
        made = _run(program, layout, weights, [*start, u])
        return made[: len(start)], made[len(start) :]

    def body(t: Array, state: list, inputs: tuple) -> list:
        after, y = split_steps.forward_step(run, initial, state, *inputs)
        _write(layout, t, outputs, [*after, *itertools.compress(y, is_new)])
        return after

    steps = given.us.shape[0]
    _over_time(layout, range(steps), body, state, (given.us, given.flags))


def backward_kernel(program, layout, weights, given, *outputs):
    """Runs all steps of some sequences backward and writes the cotangents of the states."""
    weights = _read_weights(layout, program, weights)
    count, steps = len(outputs) // 2, outputs[0].shape[0]

    def run(kept: list, d_after: list) -> list:
        kept = [
            tuple(x != 0 for x in value) if atom.aval.dtype == bool else value
            for atom, value in zip(program.values, kept)  # noqa: B905 (cotangents are the rest)
        ]
        return _run(program, layout, weights, [*kept, *d_after])

    def body(t: Array, d_after: list, inputs: tuple) -> list:
        _write(layout, t, outputs[:count], d_after)
        return split_steps.backward_step(run, d_after, *inputs)

    d_last = _read(layout, None, jax.tree.leaves(given.d_last))
    d_state = _over_time(layout, range(steps)[::-1], body, d_last, (given.kept, given.flags))
    _write(layout, None, outputs[count:], d_state)


def _over_time(layout: Layout, times: range, body: Callable, carry: Any, refs: Any) -> Any:
    """Runs `body(t, carry, inputs)`, and reads the next step's inputs before it, not after."""

    def at(i: Any) -> Any:
        return times.start + times.step * i

    def step(i: Array, now: tuple) -> tuple:
        carry, inputs = now
        following = _read(layout, at(jnp.minimum(i + 1, len(times) - 1)), refs)
        return body(at(i), carry, inputs), following

    first = carry, _read(layout, at(0), refs)
    if layout.tile_rows > 1:
        return jax.lax.fori_loop(0, len(times), step, first)[0]
    # In Triton's other loop what is carried is computed once for each way that it is laid out.
    _, (carry, _) = jax.lax.while_loop(
        lambda counted: counted[0] < len(times),
        lambda counted: (counted[0] + 1, step(*counted)),
        (jnp.int32(0), first),
    )
    return carry


def _run(program: Program, layout: Layout, weights: list, values: list) -> list:
    """Runs a program on values that are tuples of the tiles of their only axis of units."""
    rows = [tiles((1, len(value)), lambda _, k, value=value: value[k]) for value in values]
    results = evaluate(program, layout, weights, rows)
    return [tuple(map(widened, row[0])) for row in results]


def _read_weights(layout: Layout, program: Program, refs: list) -> list[Tiles | Interleaved]:
    """Reads all of the weights; a scalar comes as an array of one entry."""

    def read(shape: tuple[int, ...], ref: Any) -> Tiles:
        if not shape:
            return tiles((), lambda: ref[0])
        sides = tuple(map(layout.side, shape))
        return tiles(
            tuple(map(layout.count, shape)),
            lambda *index: ref[tuple(pl.ds(i * n, n) for i, n in zip(index, sides, strict=True))],
        )

    def read_group(ref: Any) -> tuple[Array, ...]:
        units, before = layout.tile_units, [slice(None)] * (ref.ndim - 2)  # the units that go in
        starts = range(0, ref.shape[len(before)], units)
        return tuple(ref[(*before, pl.ds(start, units))] for start in starts)

    return [
        Interleaved(tuple(map(read_group, ref)))
        if isinstance(ref, tuple)
        else read(v.aval.shape, ref)
        for v, ref in zip(program.weights, refs, strict=True)
    ]


def _read(layout: Layout, t: Any, refs: Any) -> Any:
    """Reads one step, or what has no time: a flag as booleans, all else as a tuple of tiles."""
    rows = (slice(None),) if t is None else (t, slice(None))

    def read(ref: Any) -> Any:
        if ref.dtype == jnp.int32:
            return ref[(*rows, slice(None))] != 0
        width = min(ref.shape[-1], layout.tile_units)
        return tuple(
            widened(ref[(*rows, pl.ds(start, width))]) for start in range(0, ref.shape[-1], width)
        )

    return jax.tree.map(read, refs)


def _write(layout: Layout, t: Array | None, refs: Any, values: list) -> None:
    rows = (slice(None),) if t is None else (t, slice(None))
    for ref, value in zip(refs, values, strict=True):
        for k, tile in enumerate(value):
            ref[(*rows, pl.ds(k * layout.tile_units, layout.tile_units))] = tile.astype(ref.dtype)
