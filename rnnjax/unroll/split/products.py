"""The recurrent product and its pullback in a loop, in the form that a CPU makes fastest.

XLA's CPU multiplies with Eigen, which lays both matrices out anew at every call. In a loop with a
little elementwise work a core of an Intel Xeon (2 MB of cache) reached, in GFLOP/s, with weights of
H x G in single precision:

    H, G          rows   h w   (w^T h^T)^T   dv w^T   dv (w^T, kept)   (w dv^T)^T
    128, 512        16   123            93       71              110           97
    128, 512        64   119            91      111              112           98
    512, 2048       16    57            80       65               58          120
    512, 2048       32    88           110       90               78          128
    1024, 4096      32    55           117       81               54          138
    1024, 4096     128   124           118      116              109          134

So the transposed weights are kept for the backward loop, and with large weights and few rows the
states are columns. Elsewhere than on a CPU nothing is changed.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from rnnjax.cells.base import SplitCell
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.blocks import is_known

_LARGE = 2 << 20  # bytes of weights that a core's own cache does not hold
_FEW = 64  # rows, for which such weights take longer to lay out than to multiply
_LEAST = 16  # rows that make columns pay in the forward loop


def make_recur(cell: SplitCell, params: Params, like: State) -> Callable[[State], Array]:
    """Returns `cell.recur` of states shaped like `like`; made before a loop, used in it."""
    if not _LEAST <= _rows_of_large(cell, params, like) <= _FEW:
        return functools.partial(cell.recur, params)
    kept = jax.tree.map(_stored_transposed, params)

    def recur(state: State) -> Array:
        return _by_columns(functools.partial(cell.recur, jax.tree.map(_transposed, kept)), state)

    return recur


def make_recur_pullback(
    cell: SplitCell, params: Params, like: State
) -> Callable[[State, Array], State]:
    """Returns what maps a state and the cotangent of its `cell.recur` to the state's cotangent."""

    def pull(params: Params, state: State, dv: Array) -> State:
        return jax.vjp(functools.partial(cell.recur, params), state)[1](dv)[0]

    # A product with one row is a loop of XLA's own, which would copy the kept weights at each step.
    is_one_row = all(
        is_known(*x.shape) and math.prod(x.shape[:-1]) == 1 for x in jax.tree.leaves(like)
    )
    if jax.default_backend() != "cpu" or is_one_row:
        return functools.partial(pull, params)
    if 0 < _rows_of_large(cell, params, like) <= _FEW:
        return functools.partial(_by_columns, functools.partial(pull, params))
    kept = jax.tree.map(_stored_transposed, params)
    return lambda state, dv: pull(jax.tree.map(_transposed, kept), state, dv)


def _rows_of_large(cell: SplitCell, params: Params, state: State) -> int:
    """Returns the size of the one batch axis, 0 if the weights are small or this is no CPU.

    Weights are taken for a matrix from the widest state to all of `v`, which is the most they are.
    """
    shapes = {leaf.shape for leaf in jax.tree.leaves(state)}
    if not all(is_known(*shape) for shape in shapes):
        return 0
    if jax.default_backend() != "cpu" or any(len(shape) != 2 for shape in shapes):
        return 0
    vs = jax.tree.leaves(jax.eval_shape(cell.recur, params, state))
    width = max(shape[-1] for shape in shapes)
    size = width * sum(v.shape[-1] * v.dtype.itemsize for v in vs)
    return next(iter(shapes))[0] if size >= _LARGE else 0


def _transposed(w: Array) -> Array:
    return w.T if w.ndim == 2 else w


def _stored_transposed(w: Array) -> Array:
    """Returns a transposed matrix that lies so in memory: XLA would undo what it sees through."""
    return jax.lax.optimization_barrier(_transposed(w))


def _by_columns(function: Callable[..., Any], *rows: Any) -> Any:
    """Returns `function` of arrays `[B, ...]`, found on arrays `[..., B]`."""
    columns = jax.tree.map(lambda x: jax.lax.optimization_barrier(jnp.moveaxis(x, 0, -1)), rows)
    results = jax.vmap(function, in_axes=-1, out_axes=-1)(*columns)
    return jax.tree.map(lambda x: jnp.moveaxis(jax.lax.optimization_barrier(x), -1, 0), results)
