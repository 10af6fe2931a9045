"""Calls within and over meshes of devices, of which neither engines nor cells need to know."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
from jax.sharding import AbstractMesh, NamedSharding
from jax.sharding import PartitionSpec as P

from rnnjax.axes import mesh_axes, varying
from rnnjax.cells.noise import unpack


def run_on_meshes(run: Callable[..., tuple[Any, Any]], xs: Any, *others: Any) -> tuple[Any, Any]:
    """Returns `run(xs, *others)`, whatever mesh they are on or within.

    - In a `jax.shard_map` that checks its types, what a loop carries has one type before a step and
      after. So parameters and a first state that are the same on all devices are said to vary as
      the inputs do.
    - On a mesh with Explicit axes each operation would need to know what is divided over them. The
      run leaves that to the compiler, and its results are divided as the inputs are.

    Args:
        run: returns arrays with the batch axes first, and arrays `[T, ...]`.
        xs: inputs, `[T, ..., D]`.
        others: parameters, a first state, flags.
    """
    given = xs, *others
    axes = frozenset().union(*map(mesh_axes, jax.tree.leaves(given)))
    given = jax.tree.map(lambda leaf: varying(leaf, axes), given)
    mesh = next(_explicit_meshes(given), None)
    if mesh is None:
        return run(*given)
    x = jax.tree.leaves(unpack(xs).x)[0]
    time, *batch = jax.typeof(x).sharding.spec[: x.ndim - 1]
    outputs = NamedSharding(mesh, P(*batch)), NamedSharding(mesh, P(time, *batch))
    made: Any = jax.sharding.auto_axes(run, axes=mesh.explicit_axes, out_sharding=outputs)
    return made(*given)


def _explicit_meshes(tree: Any) -> Iterator[AbstractMesh]:
    for leaf in jax.tree.leaves(tree):
        mesh = jax.typeof(leaf).sharding.mesh
        if mesh.explicit_axes:
            yield mesh
