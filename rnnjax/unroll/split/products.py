"""The recurrent product and its pullback in a loop, in the form that a CPU makes fastest.

XLA gives a CPU's products to YNNPACK (jax 0.10; to Eigen before), which lays the second matrix out
anew at every call. In a loop with a little elementwise work one core reached, in GFLOP/s, with
weights of H x G in single precision:

    H, G          rows   h w   (w^T h^T)^T   dv w^T   dv (w^T, kept)   (w dv^T)^T
    Intel Xeon, 2 MB of cache
    128, 512        16   123            93       71              110           97
    128, 512        64   119            91      111              112           98
    512, 2048       16    57            80       65               58          120
    512, 2048       32    88           110       90               78          128
    1024, 4096      32    55           117       81               54          138
    1024, 4096     128   124           118      116              109          134
    AMD EPYC (Zen 4), 1 MB of cache
    128, 512        16    92            74       64               91           76
    128, 512        64    98            85       91               94           77
    512, 2048       16    82            86       55               70           97
    512, 2048       32    93            95       64               88          100
    1024, 4096      32    68            67       44               47           87
    1024, 4096     128    81            66       72               70           86

Two matrices of 1024 x 1024 are multiplied at 107 on the latter: with weights that its cache holds,
laying them out takes a tenth of a product at most. An LSTM's gradient, 28 steps of 64 x 28, 128
units, takes 385 µs a step there, 297 of them in products.

So the transposed weights are kept for the backward loop, and with large weights and few rows the
states are columns. Where a CPU gains by bfloat16, products of it have kernels for `h w` and
`dv w^T` alone, at 1.4 to 2 times these rates, and stay as they are; where factors are rounded in
single precision the forward loop has no columns. Elsewhere than on a CPU nothing is changed.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from rnnjax.cells.base import SplitCell
from rnnjax.equations import named
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.blocks import is_known

_LARGE = 2 << 20  # bytes of weights that a core's own cache does not hold
_FEW = 64  # rows, for which such weights take longer to lay out than to multiply
_LEAST = 16  # rows that make columns pay in the forward loop


def make_recur(cell: SplitCell, params: Params, like: State) -> Callable[[State], Array]:
    """Returns `cell.recur` of states shaped like `like`; made before a loop, used in it."""
    by_columns = _LEAST <= _rows_of_large(cell, params, like) <= _FEW
    if not by_columns or _is_plain(cell, params, like) or _is_rounded(cell, params, like):
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
    if is_one_row or _is_plain(cell, params, like):
        return functools.partial(pull, params)
    if 0 < _rows_of_large(cell, params, like) <= _FEW:
        return functools.partial(_by_columns, functools.partial(pull, params))
    kept = jax.tree.map(_stored_transposed, params)
    return lambda state, dv: pull(jax.tree.map(_transposed, kept), state, dv)


def _is_plain(cell: SplitCell, params: Params, like: State) -> bool:
    """Says whether products are best as they are: not on a CPU, or of half precision."""
    if jax.default_backend() != "cpu":
        return True
    products = named("dot_general", jax.make_jaxpr(cell.recur)(params, like).jaxpr)
    return any(v.aval.dtype.itemsize < 4 for product in products for v in product.invars)


def _is_rounded(cell: SplitCell, params: Params, like: State) -> bool:
    """Says whether factors are rounded where they are multiplied.

    XLA does not see a transposition through that: with columns in the forward loop it multiplies at
    a fifth of the rate.
    """
    return any(named("reduce_precision", jax.make_jaxpr(cell.recur)(params, like).jaxpr))


def _rows_of_large(cell: SplitCell, params: Params, like: State) -> int:
    """Returns the size of the one batch axis; 0 if there is not one, or the weights are small.

    Weights are taken for a matrix from the widest state to all of `v`, which is the most they are.
    """
    shapes = {leaf.shape for leaf in jax.tree.leaves(like)}
    if not all(is_known(*shape) for shape in shapes):
        return 0
    if any(len(shape) != 2 for shape in shapes):
        return 0
    vs = jax.tree.leaves(jax.eval_shape(cell.recur, params, like))
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
