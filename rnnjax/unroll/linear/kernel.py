"""A Pallas kernel for `h_t = a_t * h_{t-1} + b_t`, parallel over units and over chunks of time."""

import functools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton

from rnnjax.linear_map import linear_map
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array
from rnnjax.unroll.linear import steps as linear
from rnnjax.unroll.linear.steps import Step

_PROGRAMS = 512  # several for each multiprocessor of a large GPU
_SHORTEST, _LONGEST = 16, 256  # steps of a chunk; the longest fits a TPU's memory on chip


class Machine(NamedTuple):
    """What a kernel has to know of the machine it is made for."""

    rows: int  # a tile is [rows, lanes]
    lanes: int
    together: int  # steps whose inputs are read before the first is run, so that reads overlap
    enough: int  # units of all sequences that keep it busy without chunks of time
    interpret: bool = False
    compiler: Any = None


class _Planes(NamedTuple):
    """A `Step` whose numbers are tuples: a real part, or a real and an imaginary one."""

    decay: tuple[Array, ...]
    drive: tuple[Array, ...]
    begins: Array | None


class _Chunk(NamedTuple):
    """What a program of a kernel runs."""

    steps: int
    together: int
    reverse: bool


_GPU = Machine(1, 32, 16, enough=2000, compiler=triton.CompilerParams(num_warps=1))
_TPU = Machine(8, 128, 8, enough=1 << 30)
_NONE = Machine(1, 128, 2, enough=1 << 30, interpret=True)


@functools.partial(jax.custom_jvp, nondiff_argnums=(2,))
def states(each: Step, h: Array, reverse: bool = False) -> Array:
    """Returns the states after each step, `[T, ..., H]`, from `h [..., H]` before the first.

    T is 1 or more. Where there is no kernel, which is on machines other than NVIDIA's GPUs and
    TPUs, a plain loop runs; on a CPU the kernel is interpreted.

    Args:
        each: the steps.
        h: where they start.
        reverse: whether the first is the last in time.

    References:
        Martin & Cundy (2018), Parallelizing linear recurrent neural nets over sequence length,
        ICLR, arXiv:1709.04057 (chunks of time; the gradient).
    """

    def loop(each: Step, h: Array) -> Array:
        return jax.lax.scan(_after, h, each, reverse=reverse)[1]

    run = functools.partial(_in_chunks, reverse=reverse)
    return jax.lax.platform_dependent(
        each,
        h,
        cuda=functools.partial(run, _GPU),
        tpu=functools.partial(run, _TPU),
        cpu=functools.partial(run, _NONE),
        default=loop,
    )


def _derivative(reverse: bool, primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    (each, h), (d_each, d_h) = primals, tangents
    hs = states(each, h, reverse)
    driven = linear.driven(each, d_each, _shifted(hs, h[None], not reverse))
    push, pull = functools.partial(_push, reverse), functools.partial(_pull, reverse)
    return hs, linear_map(push, pull, (each.decay, each.begins), (driven.drive, d_h))


states.defjvp(_derivative)


def _shifted(xs: Array, first: Array, later: bool) -> Array:
    """Returns a step earlier, moved `later`, or a step later; `first` fills the gap."""
    return jnp.concatenate([first, xs[:-1]] if later else [xs[1:], first])


def _push(reverse: bool, kept: tuple, tangents: tuple) -> Array:
    (decay, begins), (drive, h) = kept, tangents
    return states(Step(decay, drive, begins), h, reverse)


def _pull(reverse: bool, kept: tuple, d_hs: Array) -> tuple[Array, Array]:
    """The cotangents of the states follow the same recurrence from the last step to the first."""
    decay, begins = kept

    def next_step(x: Array, last: int) -> Array:
        return _shifted(x, jnp.full_like(x[:1], last), reverse)

    backward = Step(next_step(decay, 1), d_hs, None if begins is None else next_step(begins, 0))
    d_drive = states(backward, jnp.zeros_like(d_hs[0]), not reverse)
    start = -1 if reverse else 0
    d_h = decay[start] * d_drive[start]
    return d_drive, d_h if begins is None else jnp.where(begins[start], 0, d_h)


def _after(h: Array, step: Step) -> tuple[Array, Array]:
    after = linear.apply(step, h)
    return after, after


def _in_chunks(machine: Machine, each: Step, h: Array, *, reverse: bool) -> Array:
    """Composes each chunk to one step, runs those few, then each chunk from where it starts."""
    steps, units = each.drive.shape[0], h.size
    tiles = -(-units // (machine.rows * machine.lanes))
    chunk = min(max(steps * tiles // _PROGRAMS, _SHORTEST), _LONGEST, steps)
    chunk = steps if units >= machine.enough else chunk
    chunk += -chunk % machine.together
    count = -(-steps // chunk)
    shape = (count * chunk, tiles * machine.rows, machine.lanes)

    def tile(x: Array, fill: int = 0) -> Array:  # [T, ..., H] to whole chunks of whole tiles
        missing = ((0, shape[0] - len(x)), (0, math.prod(shape[1:]) - units))
        return jnp.pad(x.reshape(len(x), -1), missing, constant_values=fill).reshape(shape)

    begins = None if each.begins is None else tile(each.begins.astype(jnp.int32))
    tiled = _Planes(_planes(tile(each.decay, 1)), _planes(tile(each.drive)), begins)
    start = jnp.pad(h.ravel(), (0, math.prod(shape[1:]) - units)).reshape(shape[1:])
    wide = single_or_wider(tiled.drive[0].dtype)  # what is carried over steps

    call = functools.partial(_call, machine, (count, tiles), chunk, reverse)
    one = tuple(jax.ShapeDtypeStruct((count, *shape[1:]), wide) for _ in tiled.drive)
    starts = tuple(jnp.broadcast_to(x.astype(wide), (count, *shape[1:])) for x in _planes(start))
    if count > 1:
        decay, drive = call(_compose_kernel, tiled, (), (one, one))
        if begins is not None:
            begins = begins.reshape(count, chunk, *shape[1:]).any(axis=1)
        totals = Step(_number(decay), _number(drive), begins)
        totals, first = _flip(totals, reverse), _number(tuple(x[0] for x in starts))
        ends = linear.states(totals, first)
        starts = _planes(_flip(jnp.concatenate([first[None], ends[:-1]]), reverse))
    like = tuple(jax.ShapeDtypeStruct(shape, x.dtype) for x in tiled.drive)
    hs = _number(call(_run_kernel, tiled, starts, like))
    return hs.reshape(shape[0], -1)[:steps, :units].reshape(each.drive.shape)


def _call(machine, grid, chunk, reverse, kernel, each, starts, outputs):
    """Runs a kernel once a chunk and tile, on arrays `[T or chunks, tiles * rows, lanes]`."""

    def spec(x) -> pl.BlockSpec:
        steps = x.shape[0] // grid[0]
        return pl.BlockSpec((steps, machine.rows, machine.lanes), lambda c, r: (c, r, 0))

    return pl.pallas_call(
        functools.partial(kernel, _Chunk(chunk, machine.together, reverse)),
        grid=grid,
        in_specs=jax.tree.map(spec, (each, starts)),
        out_specs=jax.tree.map(spec, outputs),
        out_shape=outputs,
        interpret=machine.interpret,
        compiler_params=machine.compiler,
    )(each, starts)


def _compose_kernel(chunk, each, starts, decay_refs, drive_refs):
    """Writes what the steps of a chunk amount to."""
    del starts

    def compose(carry: tuple, step: _Planes) -> tuple[tuple, None]:
        decay, drive = carry
        return (_unless(step.begins, _product(step.decay, decay)), _apply(step, drive)), None

    zero = tuple(jnp.zeros(ref.shape[1:], ref.dtype) for ref in drive_refs)
    one = tuple(jnp.full_like(x, i == 0) for i, x in enumerate(zero))
    carry = _over_time(compose, (one, zero), chunk, each, ())
    for ref, x in zip((*decay_refs, *drive_refs), (*carry[0], *carry[1]), strict=True):
        ref[0] = x


def _run_kernel(chunk, each, starts, *outputs):
    """Writes the states after each step of a chunk."""

    def run(h: tuple, step: _Planes) -> tuple[tuple, tuple]:
        h = _apply(step, h)
        return h, h

    start = tuple(ref[0] for ref in starts)
    _over_time(run, start, chunk, each, outputs)


def _over_time(step, carry, chunk, each, outputs):
    """Runs `step` over the time of a chunk and writes what it returns beside the carry."""
    dtype = jax.tree.leaves(carry)[0].dtype

    def read(t: Array) -> _Planes:
        decay, drive = (tuple(ref[t].astype(dtype) for ref in refs) for refs in each[:2])
        return _Planes(decay, drive, None if each.begins is None else each.begins[t] != 0)

    def block(i: Array, carry: tuple) -> tuple:
        times = [i * chunk.together + k for k in range(chunk.together)]
        times = [chunk.steps - 1 - t for t in times] if chunk.reverse else times
        # All reads come first: the compiler may not move one ahead of a write.
        for t, inputs in [(t, read(t)) for t in times]:
            carry, made = step(carry, inputs)
            for ref, x in zip(outputs, made or (), strict=True):
                ref[t] = x.astype(ref.dtype)
        return carry

    return jax.lax.fori_loop(0, chunk.steps // chunk.together, block, carry)


def _planes(x: Array) -> tuple[Array, ...]:
    """Returns the real and imaginary part: kernels know real numbers alone."""
    return (x.real, x.imag) if jnp.iscomplexobj(x) else (x,)


def _number(planes: tuple[Array, ...]) -> Array:
    return planes[0] if len(planes) == 1 else jax.lax.complex(*planes)


def _product(x: tuple, y: tuple) -> tuple:
    if len(x) == 1:
        return (x[0] * y[0],)
    return x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]


def _apply(step: _Planes, h: tuple) -> tuple:
    """Does to planes what `linear.apply` does to numbers."""
    kept = _unless(step.begins, _product(step.decay, h))
    return tuple(k + b for k, b in zip(kept, step.drive, strict=True))


def _unless(begins: Array | None, planes: tuple) -> tuple:
    return planes if begins is None else tuple(jnp.where(begins, 0.0, x) for x in planes)


def _flip(tree: Any, reverse: bool) -> Any:
    return jax.tree.map(lambda x: jnp.flip(x, 0), tree) if reverse else tree
