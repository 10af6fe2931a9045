"""A Pallas kernel for `h_t = a_t * h_{t-1} + b_t`, parallel over units and over chunks of time."""

import functools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton

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


@jax.custom_vjp
def states(each: Step, h: Array) -> Array:
    """Returns the states after each step, `[T, ..., H]`, from `h [..., H]` before the first.

    T is 1 or more. Reverse mode only. Where there is no kernel, which is on machines other than
    NVIDIA's GPUs and TPUs, `linear.states_in_a_loop` runs; on a CPU the kernel is interpreted.

    References:
        Martin & Cundy (2018), Parallelizing linear recurrent neural nets over sequence length,
        ICLR, arXiv:1709.04057 (chunks of time; the gradient).
    """
    return _states(each, h, reverse=False)


def _states_forward(each: Step, h: Array) -> tuple[Array, tuple]:
    hs = states(each, h)
    return hs, (each, h, hs)


def _states_backward(kept: tuple[Step, Array, Array], d_hs: Array) -> tuple[Step, Array]:
    """The cotangents of the states follow the same recurrence from the last step to the first."""
    each, h, hs = kept
    begins = each.begins

    def next_step(x: Array, last: int) -> Array:
        return jnp.concatenate([x[1:], jnp.full_like(x[:1], last)])

    backward = Step(
        next_step(each.decay, 1), d_hs, None if begins is None else next_step(begins, 0)
    )
    d_drive = _states(backward, jnp.zeros_like(h), reverse=True)
    before = jnp.concatenate([h[None], hs[:-1]])
    d_decay, d_first = d_drive * before, each.decay[0] * d_drive[0]
    if begins is not None:
        d_decay = jnp.where(begins, 0, d_decay)
        d_first = jnp.where(begins[0], 0, d_first)
    return Step(d_decay, d_drive, None), d_first


states.defvjp(_states_forward, _states_backward)


def _states(each: Step, h: Array, *, reverse: bool) -> Array:
    """Runs the steps from the first to the last, or from the last to the first."""

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
    wide = jnp.promote_types(tiled.drive[0].dtype, jnp.float32)  # what is carried over steps

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
