"""A layer on a batch that lies in memory, as a program of some engine, number and precision."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from benchmarks.gpu import timing
from rnnjax import cells
from rnnjax.unroll import Engine


class Size(NamedTuple):
    """How large a layer is, and for how long it runs."""

    cell: str
    steps: int
    batch: int
    inputs: int
    hidden: int


SIZES = (
    *(Size(cell, 1024, 16, 768, 768) for cell in ("LSTM", "GRU")),
    *(Size(cell, 1024, 16, 64, 64) for cell in ("LSTM", "GRU", "Elman")),
    *(Size(cell, 1024, 16, 128, 128) for cell in ("LSTM", "GRU", "Elman")),
    *(Size(cell, 1024, 16, 256, 256) for cell in ("LSTM", "GRU", "Elman")),
    *(Size(cell, 28, 100, 28, 100) for cell in ("LSTM", "GRU")),
    *(Size(cell, 784, 100, 1, 128) for cell in ("LSTM", "GRU")),
    *(Size(cell, 100, 128, 128, 256) for cell in ("LSTM", "GRU")),
    *(Size(cell, 128, 32, 512, 512) for cell in ("LSTM", "GRU")),
    *(Size(cell, 128, 2048, 64, 64) for cell in ("LSTM", "GRU")),
)


class Work(NamedTuple):
    """A layer run forward, or differentiated by its weights too."""

    engine: Engine
    size: Size
    dtype: str = "float32"
    precision: str | None = None  # of products of single precision; None for JAX's default
    is_gradient: bool = False

    def compile(self) -> Callable[[], Any]:
        """Traces and compiles; what is returned runs it."""
        cell = getattr(cells, self.size.cell)(self.size.hidden)
        _, steps, batch, inputs, _ = self.size

        def run(params: Any, xs: jax.Array) -> jax.Array:
            return self.engine(cell, params, cell.initial_state(params, (batch,)), xs)[1]

        def loss(params: Any, xs: jax.Array) -> jax.Array:
            return jnp.mean(run(params, xs).astype(jnp.float32) ** 2)

        params = cell.init(jax.random.key(0), inputs)
        xs = jax.random.normal(jax.random.key(1), (steps, batch, inputs))
        params, xs = jax.tree.map(lambda x: x.astype(self.dtype), (params, xs))
        function = jax.grad(loss) if self.is_gradient else run
        if self.precision is None:
            return timing.compiled(function, params, xs)
        with jax.default_matmul_precision(self.precision):
            return timing.compiled(function, params, xs)

    def row(self) -> dict[str, Any]:
        """Returns what a line of JSON says of it."""
        return {
            "engine": repr(self.engine),
            "cell": self.size.cell,
            "size": self.size[1:],
            "dtype": self.dtype,
            "precision": self.precision,
            "what": "gradient" if self.is_gradient else "forward",
        }


def measure(part: str, works: list[Work]) -> None:
    """Compiles all works side by side, times one after another, writes each."""
    for work, found in timing.measure({work: work.compile for work in works}):
        key = "error" if isinstance(found, str) else "ms"
        value = found if isinstance(found, str) else 1e3 * found
        timing.write({"part": part} | work.row() | {key: value})
