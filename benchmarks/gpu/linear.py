"""Linear recurrences: how near the engines come to the memory's bandwidth."""

import itertools

import jax
import jax.numpy as jnp

from benchmarks.gpu import timing
from benchmarks.gpu.works import Size, Work, measure
from rnnjax.unroll import associative, fused, linear_scan, scan
from rnnjax.unroll.linear import kernel, steps

SHAPES = ((16384, 8, 64), (4096, 32, 512), (1024, 256, 1024))  # T, B, H


def main() -> None:
    """Times the recurrence alone, and cells around it."""
    on_gpu = jax.default_backend() == "gpu"
    size = 1 << 28 if on_gpu else 1 << 16  # 1 GB: what the memory does at best
    array = jax.random.normal(jax.random.key(0), (size,))
    for _, found in timing.measure({("copy",): lambda: timing.compiled(lambda x: x + 1, array)}):
        timing.write({"part": "linear", "what": "copy", "GB/s": 8e-9 * size / found})
    shapes = SHAPES if on_gpu else ((64, 2, 8),)
    works = {}
    for shape in shapes:
        for dtype in ("float32", "bfloat16"):
            decay, drive = (
                jax.random.uniform(jax.random.key(i), shape, dtype, 0.5, 1) for i in (0, 1)
            )
            for name, run in (("kernel", kernel.states), ("tree", steps.states)):
                for what in ("forward", "gradient"):
                    works[shape, dtype, name, what] = _make(run, decay, drive, what)
    for (shape, dtype, name, what), found in timing.measure(works):
        row = {"part": "linear", "shape": shape, "dtype": dtype, "run": name, "what": what}
        if isinstance(found, str):
            timing.write(row | {"error": found})
            continue
        # Forward: decay and drive read, states written; back: decay, states, cotangents read and
        # two cotangents written, beside the forward pass.
        passes = 3 if what == "forward" else 8
        gigabytes = 1e-9 * passes * jnp.zeros(shape, dtype).nbytes
        timing.write(row | {"ms": 1e3 * found, "GB/s": gigabytes / found})
    cells = [Size(cell, 16384, 8, 64, 64) for cell in ("LRU", "MinGRU")] if on_gpu else []
    engines = (scan, linear_scan, associative, fused)
    pairs = itertools.product(cells, engines, (False, True))
    measure("linear", [Work(e, size, is_gradient=part) for size, e, part in pairs])


def _make(run, decay, drive, what: str) -> timing.Make:
    def states(decay, drive):
        return run(steps.Step(decay, drive, None), drive[0])

    def gradient(decay, drive):
        hs, pull = jax.vjp(states, decay, drive)
        return pull(hs)

    return lambda: timing.compiled(states if what == "forward" else gradient, decay, drive)


if __name__ == "__main__":
    main()
