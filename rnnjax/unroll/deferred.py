"""The plain loop with the weights' gradients taken out of it."""

import functools
import math

import jax
import jax.numpy as jnp

from rnnjax.cells.base import SplitCell
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.base import begin, finish, hide, initial_like
from rnnjax.unroll.blocks import run_in_chunks
from rnnjax.unroll.products import make_recur, make_recur_pullback
from rnnjax.unroll.sequential import scan
from rnnjax.unroll.value import Chunked

_ROWS_A_PRODUCT = 256  # steps times sequences, in one product of a weight's gradient on a CPU


class _deferred(Chunked):  # noqa: N801 (prints as the call that makes it)
    """Runs a `SplitCell` like `scan`, with a gradient of its own; see `unroll.Engine`.

    The gradient of a loop adds to every weight's gradient at every step. Here the backward loop
    only finds the cotangents of `u` and `v`, and many steps of them, on accelerators all, give each
    weight's gradient by one product. Reverse mode only: for forward mode (`jax.jvp`,
    `jax.jacfwd`) use `scan`.

    Sequences longer than `chunk` are run in chunks, of which the gradient keeps the first states
    alone: it runs each chunk a second time. By default up to 128 steps are one chunk, and more are
    divided into chunks of 16 to 28 steps, of the length that leaves the shortest last chunk.
    `deferred(chunk=T)` keeps all of T steps. A cell with whole numbers in its state runs on `scan`.

    Example:
        >>> deferred(chunk=28)
        deferred(chunk=28)
    """

    contracts = (SplitCell,)

    def run(
        self,
        cell: SplitCell,
        params: Params,
        state: State,
        xs: Array,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[State, Array]:
        """Runs `cell` over `xs`; see `unroll.Engine`."""
        # There is nothing to divide, or there are numbers that have no cotangents to carry.
        if xs.shape[0] == 0 or not all(map(_is_inexact, jax.tree.leaves(state))):
            return scan.run(cell, params, state, xs, mask, reset)
        initial = None if reset is None else initial_like(cell, params, state)
        xs = hide(xs, mask)

        def run(fixed: tuple, state: State, inputs: tuple) -> tuple[State, Array]:
            params, initial = fixed
            mask, reset, xs = inputs
            return _run(cell, mask, reset, params, state, initial, xs)

        return run_in_chunks(run, self.chunk, (params, initial), state, (mask, reset, xs))


deferred = _deferred()


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _run(cell, mask, reset, params, state, initial, xs):
    return _forward(cell, mask, reset, params, state, initial, xs)[0]


def _forward(cell, mask, reset, params, state, initial, xs):
    """Runs the loop and keeps, for each step, where it started and how to pull it back."""
    # On a CPU the input product is in the loop: to write `u` for all steps costs as much as one
    # large product saves (gradient of an LSTM, 100 steps of 64 x 128, 256 units: 136 ms against 124
    # in the loop; 128 steps of 16 x 512, 512 units: 165 against 178). Elsewhere a product is a
    # launch, and one is better than T.
    us = None if jax.default_backend() == "cpu" else cell.project(params, xs)
    recur = make_recur(cell, params, state)

    def step(state, inputs):
        x_t, u, mask_t, reset_t = inputs
        u = cell.project(params, x_t) if u is None else u
        start, pull_start = jax.vjp(functools.partial(begin, reset_t), initial, state)
        v = recur(start)
        combine = functools.partial(_combine, cell, mask_t)
        (after, y_t), pull = jax.vjp(combine, params, start, state, u, v)
        return after, (y_t, start, pull_start, pull)

    state, (ys, starts, *pulls) = jax.lax.scan(step, state, (xs, us, mask, reset))
    return (state, ys), (params, xs, starts, pulls, reset)


def _combine(cell, mask_t, params, start, before, u, v):
    """Returns the state after the step and its output."""
    after, y_t = cell.combine(params, start, u, v)
    return finish(mask_t, after, y_t, before)


def _backward(cell, kept, cotangents):
    params, xs, starts, pulls, reset = kept
    d_state, dys = cotangents
    pull_recur = make_recur_pullback(cell, params, d_state)

    def step(carry, t):
        d_after, d_initial, d_params = carry
        dy_t, start, pull_start, pull = jax.tree.map(
            lambda x: jax.lax.dynamic_index_in_dim(x, t, keepdims=False), (dys, starts, *pulls)
        )
        d_vectors, d_start, d_before, du, dv = pull((d_after, dy_t))
        d_first, d_state = pull_start(_add(d_start, pull_recur(start, dv)))
        carry = _add(d_state, d_before), _add(d_initial, d_first), _add(d_params, d_vectors)
        # A cell that only adds u and v has one cotangent for both; it is stored once.
        return carry, (du, None if dv is du else dv)

    # A group's steps of all sequences are one batch: each matrix's gradient is one plain product.
    batch_axes = xs.ndim - 1
    rows = functools.partial(jax.tree.map, lambda x: x.reshape(-1, *x.shape[batch_axes:]))

    def group(carry, ts):
        (d_state, d_initial, d_params), (dus, dvs) = jax.lax.scan(step, carry, ts, reverse=True)
        dvs = dus if dvs is None else dvs
        group_xs, group_starts = jax.tree.map(
            lambda x: jax.lax.dynamic_slice_in_dim(x, ts[0], len(ts)), (xs, starts)
        )
        _, pull_project = jax.vjp(cell.project, params, rows(group_xs))
        _, pull_weights = jax.vjp(lambda params: cell.recur(params, rows(group_starts)), params)
        d_project, d_xs = pull_project(rows(dus))
        d_params = _add(_add(d_params, d_project), *pull_weights(rows(dvs)))
        return (d_state, d_initial, d_params), d_xs.reshape(len(ts), *xs.shape[1:])

    d_initial = jax.tree.map(jnp.zeros_like, d_state) if reset is not None else None
    carry = d_state, d_initial, jax.tree.map(jnp.zeros_like, params)
    length = _group_length(xs)
    whole = len(xs) - len(xs) % length
    ts, last_ts = jnp.arange(whole).reshape(-1, length), jnp.arange(whole, len(xs))
    d_last = []
    if len(last_ts):
        carry, *d_last = group(carry, last_ts)
    (d_state, d_initial, d_params), d_xs = jax.lax.scan(group, carry, ts, reverse=True)
    d_xs = jnp.concatenate([d_xs.reshape(whole, *xs.shape[1:]), *d_last])
    return None, None, d_params, d_state, d_initial, d_xs


def _group_length(xs):
    """Returns how many steps of cotangents are kept before the weights' gradients take them in.

    On a CPU few, which are in its caches still and take less memory (GRU, 28 steps of 128 x 256,
    256 units: 54 ms instead of 83); elsewhere all, since a product is a launch.
    """
    steps, sequences = len(xs), math.prod(xs.shape[1:-1])
    few = -(-_ROWS_A_PRODUCT // max(sequences, 1)) if jax.default_backend() == "cpu" else steps
    return min(few, steps)


def _is_inexact(x):
    return jnp.issubdtype(x.dtype, jnp.inexact)


def _add(tree, other):
    return jax.tree.map(jnp.add, tree, other)


_run.defvjp(_forward, _backward)
