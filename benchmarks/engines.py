"""What the engines take on this machine's backend: the table that `unroll.auto` chooses by.

    python -m benchmarks.engines

Writes `rnnjax/unroll/choose/measured/BACKEND.json`. On a CPU each core is a device, as in
`launch.py`, and all of them do the same work at once. Engines take turns; times are medians.
"""

import itertools
import json
import pathlib
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from absl import flags
from jax.sharding import PartitionSpec as P
from rich.progress import track

from benchmarks.command import carry_out
from benchmarks.machine import describe
from rnnjax import cells, compose, training
from rnnjax.cells import Cell
from rnnjax.compose.matrix import innermost
from rnnjax.training.devices import AXIS, make_mesh
from rnnjax.unroll import Engine
from rnnjax.unroll.choose.auto import CANDIDATES
from rnnjax.unroll.choose.measurements import Row

_ROUNDS = flags.DEFINE_integer("rounds", 5, "Timings of each engine.", lower_bound=1)

SPLIT = (  # T, B, D, H, of each device
    (28, 8, 28, 32),
    (100, 1, 128, 128),
    (28, 50, 28, 100),
    (28, 128, 28, 256),
    (100, 8, 128, 128),
    (100, 64, 128, 256),
    (128, 16, 512, 512),
    (400, 32, 28, 64),
    (784, 8, 1, 32),
    (784, 50, 1, 128),
    (4000, 4, 64, 64),
)
LINEAR = ((28, 50, 28, 100), (784, 50, 1, 128), (4000, 4, 64, 64), (16384, 8, 64, 64))
MATRIX = ((28, 16, 32, 32), (256, 8, 64, 64), (1000, 4, 64, 32), (4000, 1, 32, 32))
TABLE = pathlib.Path(__file__).parents[1] / "rnnjax" / "unroll" / "choose" / "measured"


def works() -> list[tuple[Cell, tuple[int, ...], bool]]:
    """Returns what is measured: a cell, the shape, and whether its gradient is taken."""
    kinds = (
        (SPLIT, (cells.LSTM, cells.GRU, cells.Elman)),
        (LINEAR, (cells.LRU, cells.MinGRU)),
        (MATRIX, (cells.GLA, cells.DeltaNet, cells.MLSTM)),
    )
    pairs = [
        (make(shape[3]), shape) for shapes, makes in kinds for shape in shapes for make in makes
    ]
    # Of the others the loop holds no products, and half precision makes no other choice.
    split = [(cell, shape) for cell, shape in pairs if isinstance(cell, cells.SplitCell)]
    pairs += [(compose.mixed_precision(cell), shape) for cell, shape in split]
    return [(cell, shape, part) for (cell, shape), part in itertools.product(pairs, (True, False))]


def measure(cell: Cell, shape: tuple[int, ...], gradient: bool) -> Row:
    """Times all engines that serve a cell, one after another, some rounds."""
    contract = next(kind for kind in CANDIDATES if isinstance(cell, kind))
    programs = {e.name: prepare(e, cell, shape, gradient) for e in CANDIDATES[contract]}
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(_ROUNDS.value):
        for name, (run, _) in programs.items():
            begin, count = time.perf_counter(), 0
            while count == 0 or time.perf_counter() - begin < 0.05:
                run()
                count += 1
            seconds[name].append((time.perf_counter() - begin) / count)
    return Row(
        contract.__name__,
        type(innermost(cell)).__name__,
        *shape,
        gradient,
        {name: round(1e3 * statistics.median(s), 3) for name, s in seconds.items()},
        {name: round(size / 1e6, 2) for name, (_, size) in programs.items()},
        half=isinstance(cell, compose.MixedPrecision),
    )


def prepare(
    engine: Engine, cell: Cell, shape: tuple[int, ...], gradient: bool
) -> tuple[Callable[[], Any], int]:
    """Compiles one engine's work; returns what runs it, and the bytes of a device's temporaries."""
    steps, batch, inputs, _ = shape
    count = jax.local_device_count()
    params = cell.init(jax.random.key(0), inputs)
    xs = jax.random.normal(jax.random.key(1), (steps, batch * count, inputs))

    def loss(params: Any, xs: jax.Array) -> jax.Array:
        return jnp.mean(engine(cell, params, cell.initial_state(params, (batch,)), xs)[1] ** 2)

    def work(params: Any, xs: jax.Array) -> Any:
        result = jax.grad(loss)(params, xs) if gradient else loss(params, xs)
        return jax.tree.map(lambda x: x[None], result)

    mesh = make_mesh(count)
    each = jax.shard_map(
        work, mesh=mesh, in_specs=(P(), P(None, AXIS)), out_specs=P(AXIS), check_vma=False
    )
    compiled = jax.jit(each).lower(params, xs).compile()

    def run() -> None:
        jax.block_until_ready(compiled(*arguments))

    arguments = jax.device_put((params, xs), compiled.input_shardings[0])
    run()
    return run, compiled.memory_analysis().temp_size_in_bytes


def main() -> None:
    """Measures all and writes the table."""
    training.use_cores_as_devices(training.core_count())
    rows = [measure(*work)._asdict() for work in track(works(), "engines")]
    TABLE.mkdir(exist_ok=True)
    path = TABLE / f"{jax.default_backend()}.json"
    lines = ",\n".join(json.dumps(row) for row in rows)
    found: Any = describe()
    on_cpu = jax.default_backend() == "cpu"
    place = (
        f"{found['processor']}, {found['cores']} cores" if on_cpu else jax.devices()[0].device_kind
    )
    about = f"{place}, jax {found['versions']['jax']}"
    path.write_text(f'{{"about": {json.dumps(about)},\n"rows": [\n{lines}\n]}}\n')
    print(f"{len(rows)} rows in {path.relative_to(TABLE.parents[2])}")


if __name__ == "__main__":
    sys.exit(carry_out(main))
