"""A barrier across the GPU by atomics, and an LSTM whose units are divided over many programs.

What a kernel for matrices that no multiprocessor holds would have to live with: at every step each
program reads all states, writes its own and waits for the others. Programs that do not all run at
once would wait for ever, so there are never more of them than multiprocessors.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton

from benchmarks.gpu import timing

STEPS = 1024
BARRIERS = (8, 16, 32, 64, 132)  # programs
LSTMS = (  # batch, units, units of a program, warps
    *((16, 256, 32, 4), (16, 256, 16, 4), (16, 512, 32, 8), (16, 512, 16, 4)),
    *((16, 768, 32, 8), (16, 768, 16, 4), (16, 768, 16, 8), (16, 1024, 16, 8)),
)
_TILE = 256  # rows of the matrix in one product


def count_in(count_ref, programs, warps, t) -> None:
    """A barrier of one counter, which all programs add to."""
    del warps
    triton.debug_barrier()  # what its threads wrote comes first
    triton.atomic_add(count_ref, (0,), 1)
    # An atomic gives all threads of a program the same number, which a load would not.
    jax.lax.while_loop(
        lambda seen: seen < programs * (t + 1),
        lambda _: triton.atomic_add(count_ref, (0,), 0),
        jnp.int32(0),
    )
    triton.debug_barrier()


def raise_flag(flags_ref, programs, warps, t) -> None:
    """A barrier of a number for each program, which all programs read."""
    triton.debug_barrier()
    triton.atomic_xchg(flags_ref, (pl.program_id(0),), t + 1)
    # As many as threads: then all of them agree on the least, which goes through shared memory.
    lanes = max(pl.next_power_of_2(programs), 32 * warps)
    there = jnp.arange(lanes) < programs

    def look(_):
        triton.debug_barrier()  # without an effect in it the loop would be taken out
        seen = triton.load(flags_ref.at[pl.ds(0, lanes)], mask=there, other=STEPS, volatile=True)
        return seen.min()

    jax.lax.while_loop(lambda least: least <= t, look, jnp.int32(0))
    triton.debug_barrier()


WAYS = {"counter": count_in, "flags": raise_flag}


def barrier_kernel(wait, programs, _, count_ref, out_ref):
    """Waits for all others, many times."""

    def body(t, _):
        wait(count_ref, programs, 4, t)
        return 0

    jax.lax.fori_loop(0, STEPS, body, 0)
    out_ref[0] = pl.program_id(0)


def barrier(way: str, programs: int) -> timing.Make:
    """Returns what compiles a kernel that only waits."""
    call = pl.pallas_call(
        functools.partial(barrier_kernel, WAYS[way], programs),
        grid=(programs,),
        in_specs=[pl.BlockSpec(memory_space=pl.ANY)],
        out_specs=[pl.BlockSpec(memory_space=pl.ANY), pl.BlockSpec((1,), lambda i: (i,))],
        out_shape=[jax.ShapeDtypeStruct((programs,), jnp.int32)] * 2,
        input_output_aliases={0: 0},
        compiler_params=triton.CompilerParams(num_warps=4, num_stages=1),
    )
    return lambda: timing.compiled(lambda: call(jnp.zeros((programs,), jnp.int32)))


def lstm_kernel(wait, programs, warps, w_ref, us_ref, _, hs_ref, count, out):
    """Runs the steps of the units of this program; see `lstm`."""
    batch, hidden, own = us_ref.shape[2], hs_ref.shape[2], us_ref.shape[3]
    program = pl.program_id(0)
    depth = min(_TILE, hidden)
    weights = [[w_ref[g, pl.ds(k, depth), :] for k in range(0, hidden, depth)] for g in range(4)]

    def body(t, c):
        us = [us_ref[t, g].astype(jnp.float32) for g in range(4)]
        h = [
            triton.load(out.at[t, :, pl.ds(k, depth)], volatile=True)
            for k in range(0, hidden, depth)
        ]
        i, f, g, o = (u + sum(map(_product, h, ws)) for u, ws in zip(us, weights, strict=True))
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        y = (jax.nn.sigmoid(o) * jnp.tanh(c)).astype(out.dtype)
        out[t + 1, :, pl.ds(program * own, own)] = y
        wait(count, programs, warps, t)
        return c

    jax.lax.fori_loop(0, us_ref.shape[0], body, jnp.zeros((batch, own), jnp.float32))


def _product(x, w):
    return jnp.dot(x, w, preferred_element_type=jnp.float32)


def lstm(way: str, batch: int, hidden: int, own: int, warps: int, steps: int = STEPS):
    """Returns the function of `w [H, 4 H]` and `us [T, B, 4 H]` to the states `[T + 1, B, H]`.

    Each program has `own` units: their columns of the matrix stay on chip.
    """
    programs, dtype = hidden // own, jnp.bfloat16
    call = pl.pallas_call(
        functools.partial(lstm_kernel, WAYS[way], programs, warps),
        grid=(programs,),
        in_specs=[
            pl.BlockSpec((4, hidden, own), lambda i: (0, 0, i)),
            pl.BlockSpec((steps, 4, batch, own), lambda i: (0, 0, 0, i)),
            pl.BlockSpec(memory_space=pl.ANY),
            pl.BlockSpec(memory_space=pl.ANY),
        ],
        out_specs=[pl.BlockSpec(memory_space=pl.ANY), pl.BlockSpec(memory_space=pl.ANY)],
        out_shape=[
            jax.ShapeDtypeStruct((programs,), jnp.int32),
            jax.ShapeDtypeStruct((steps + 1, batch, hidden), dtype),
        ],
        input_output_aliases={2: 0, 3: 1},
        compiler_params=triton.CompilerParams(num_warps=warps, num_stages=1),
    )

    def run(w, us):
        w = jnp.moveaxis(w.reshape(hidden, 4, hidden), 1, 0)
        us = jnp.moveaxis(us.reshape(steps, batch, 4, hidden), 2, 1)
        start = jnp.zeros((steps + 1, batch, hidden), dtype)
        return call(w, us, jnp.zeros((programs,), jnp.int32), start)[1]

    return run


def reference(w, us):
    """Returns what `lstm` does, by XLA's loop."""

    def step(carry, u):
        h, c = carry
        i, f, g, o = jnp.split(u + jnp.dot(h, w, preferred_element_type=jnp.float32), 4, -1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = (jax.nn.sigmoid(o) * jnp.tanh(c)).astype(w.dtype)
        return (h, c), h

    first = jnp.zeros((us.shape[1], w.shape[0]), w.dtype)
    return jax.lax.scan(step, (first, first.astype(jnp.float32)), us)[1]


def main() -> None:
    """Times the barrier, then the LSTM, and holds its states against those of a loop."""
    if jax.default_backend() != "gpu":
        return
    barriers = {(way, n): barrier(way, n) for way in WAYS for n in BARRIERS}
    for (way, programs), found in timing.measure(barriers):
        write({"barrier": way, "programs": programs}, found)
    works, arguments = {}, {}
    for hidden in dict.fromkeys(shape[1] for shape in LSTMS):
        keys = jax.random.split(jax.random.key(0))
        w = jax.random.normal(keys[0], (hidden, 4 * hidden)) / np.sqrt(hidden)
        us = jax.random.normal(keys[1], (STEPS, LSTMS[0][0], 4 * hidden), jnp.bfloat16)
        arguments[hidden] = w.astype(jnp.bfloat16), us
    for way in WAYS:
        for shape in LSTMS:
            run = lstm(way, *shape)
            works[way, shape] = functools.partial(timing.compiled, run, *arguments[shape[1]])
    for (way, shape), found in timing.measure(works):
        row = {"lstm": shape, "barrier": way}
        if not isinstance(found, str):
            given = arguments[shape[1]]
            expected = jax.jit(reference)(*given).astype(jnp.float32)
            actual = works[way, shape]()()[1:].astype(jnp.float32)
            row["error"] = float(jnp.abs(actual - expected).max())
        write(row, found)


def write(row: dict, found: float | str) -> None:
    """Writes a time as microseconds a step."""
    key = {"failed": found} if isinstance(found, str) else {"us_a_step": 1e6 * found / STEPS}
    timing.write({"part": "blocks"} | row | key)


if __name__ == "__main__":
    main()
