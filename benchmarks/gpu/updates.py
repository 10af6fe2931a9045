"""A whole training step, alone and of 32 members at once."""

import functools

import jax
import jax.numpy as jnp

from benchmarks.gpu import timing
from benchmarks.peers.layers import OneDevice, update
from benchmarks.peers.rnnjax import cell_of, make_layer
from benchmarks.work import Part, Work
from rnnjax import unroll

MEMBERS = 32
WORKS = (
    Work("LSTM", Part.UPDATE, 28, 128, 28, 128),
    Work("LSTM", Part.UPDATE, 100, 64, 64, 64),
    Work("GRU", Part.UPDATE, 100, 64, 64, 64),
)


def main() -> None:
    """Times a step of one, and of all members at once."""
    works = {}
    for work in WORKS if jax.default_backend() == "gpu" else WORKS[:1]:
        for engine in (unroll.scan, unroll.deferred, unroll.fused):
            if engine is unroll.fused and (work.cell, work.hidden) == ("LSTM", 128):
                continue  # single precision does not fit on chip
            for members in (1, MEMBERS):
                works[work, engine, members] = functools.partial(_compile, work, engine, members)
    alone = {}
    for (work, engine, members), found in timing.measure(works):
        row = {"part": "updates", "work": str(work), "engine": repr(engine), "members": members}
        if isinstance(found, str):
            timing.write(row | {"error": found})
            continue
        if members == 1:
            alone[work, engine] = found
        elif (work, engine) in alone:
            row |= {"gain": members * alone[work, engine] / found}
        timing.write(row | {"ms": 1e3 * found})


def _compile(work: Work, engine: unroll.Engine, members: int):
    call = update(make_layer(work, cell_of(work), engine), work, OneDevice())
    if members == 1:
        return timing.compiled(call.function, *call.arguments)
    many = jax.tree.map(lambda leaf: jnp.stack([leaf] * members), call.arguments)
    return timing.compiled(jax.vmap(call.function), *many)


if __name__ == "__main__":
    main()
