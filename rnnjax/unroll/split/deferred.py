"""The plain loop with the weights' gradients taken out of it."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp

from rnnjax.axes import zeros_like
from rnnjax.cells.base import SplitCell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.linear_map import linear_map, tangent_of, whole
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.any.scan import scan
from rnnjax.unroll.base import Chunked
from rnnjax.unroll.blocks import is_known, run_in_chunks, steps_a_turn
from rnnjax.unroll.checks import check_each
from rnnjax.unroll.masks import begin, finish, hide, initial_like
from rnnjax.unroll.single import widened
from rnnjax.unroll.split.products import make_recur, make_recur_pullback

# Bytes of `u`; about twice as many are kept, and of 32 MB a CPU may fault each page at every call.
_LITTLE, _LITTLE_ELSEWHERE = 10 << 20, 250 << 20
_ROWS_A_PRODUCT = 256  # steps times sequences, in one product of a weight's gradient on a CPU


class Deferred(Chunked):
    """Runs a `SplitCell` like `scan`, with a gradient of its own; see `unroll.Engine`.

    The gradient of a loop adds to every weight's gradient at every step. Here the backward loop
    only finds the cotangents of `u` and `v`, and many steps of them, on accelerators all of a
    chunk, give each weight's gradient by one product. Forward mode is that of a plain loop.

    Sequences longer than `chunk` are run in chunks, of which the gradient keeps the first states
    alone: it runs each chunk a second time. By default up to 128 steps are one chunk, and so are
    more where little is kept, about 20 MB, or 500 on accelerators. Else they are divided into
    chunks of 16 to 28 steps, of the length that leaves the shortest last chunk. `Deferred(chunk=T)`
    keeps all of T steps. A cell with whole numbers in its state runs on `scan`.

    Example:
        >>> Deferred(chunk=28)
        Deferred(chunk=28)
    """

    contracts = (SplitCell,)

    def run(
        self,
        cell: SplitCell,
        params: Params,
        state: State,
        xs: Any,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[State, Any]:
        """Runs `cell` over `xs`; see `unroll.Engine`."""
        # There is nothing to divide, or there are numbers that have no cotangents to carry; and in
        # Python's own loops each step's pullback is another function, which cannot be stacked.
        nothing = leading_axes(xs)[0] == 0 or not all(map(_is_inexact, jax.tree.leaves(state)))
        if nothing or jax.config.jax_disable_jit:  # pyright: ignore[reportAttributeAccessIssue]
            return scan.run(cell, params, state, xs, mask, reset)
        initial = None if reset is None else initial_like(cell, params, state)
        xs = hide(xs, mask)
        projected = jax.eval_shape(cell.project, params, xs)
        check_each(cell, "project", projected, leading_axes(xs))
        chunk = self.chunk
        if chunk is None and _keeps_all(projected):
            chunk = leading_axes(xs)[0]

        def run(fixed: tuple, state: State, inputs: tuple) -> tuple[State, Any]:
            params, initial = fixed
            mask, reset, xs = inputs
            return _run(cell, mask, reset, params, state, initial, xs)

        return run_in_chunks(run, chunk, (params, initial), state, (mask, reset, xs))


deferred = Deferred()


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def _run(cell, mask, reset, params, state, initial, xs):
    return _forward(cell, mask, reset, params, state, initial, xs)[0]


def _derivative(cell, primals, tangents):
    out, kept = whole(functools.partial(_forward, cell), *primals)
    push = functools.partial(_push, cell)
    pull = functools.partial(_pull, cell)
    return out, linear_map(push, pull, (primals, kept), tangents)


_run.defjvp(_derivative, symbolic_zeros=True)


def _push(cell, kept, tangents):
    """Returns the tangents of the state after the last step and of the outputs."""
    primals, _ = kept

    def run(mask, reset, params, state, initial, xs):
        def step(before, inputs):
            x_t, mask_t, reset_t = inputs
            start = begin(reset_t, initial, before)
            u, v = cell.project(params, x_t), cell.recur(params, cell.attend(start, x_t))
            return _combine(cell, mask_t, params, start, before, u, v)

        return jax.lax.scan(step, state, (xs, mask, reset), unroll=_unroll(xs))

    return tangent_of(run, primals, tangents)[1]


def _forward(cell, mask, reset, params, state, initial, xs):
    """Runs the loop and keeps, for each step, where it started and how to pull it back."""
    # On a CPU the input product is in the loop: to write `u` for all steps costs as much as one
    # large product saves (gradient of an LSTM, 100 steps of 64 x 128, 256 units: 136 ms against 124
    # in the loop; 128 steps of 16 x 512, 512 units: 165 against 178). `u` of a few steps at a time,
    # in a loop of loops, gains at most 3 % there, and a forward pass of LSTM(128) takes twice as
    # long. Elsewhere a product is a launch, and one is better than T.
    us = None if jax.default_backend() == "cpu" else cell.project(params, xs)
    recur = make_recur(cell, params, state)

    def step(state, inputs):
        x_t, u, mask_t, reset_t = inputs
        u = cell.project(params, x_t) if u is None else u
        start, pull_start = jax.vjp(functools.partial(begin, reset_t), initial, state)
        seen, pull_seen = jax.vjp(lambda start: cell.attend(start, x_t), start)
        v = recur(seen)
        combine = functools.partial(_combine, cell, mask_t)
        (after, y_t), pull = jax.vjp(combine, params, start, state, u, v)
        return after, (y_t, seen, pull_start, pull_seen, pull)

    state, (ys, seen, *pulls) = jax.lax.scan(step, state, (xs, us, mask, reset), unroll=_unroll(xs))
    return (state, ys), (seen, pulls)


def _combine(cell, mask_t, params, start, before, u, v):
    """Returns the state after the step and its output."""
    after, y_t = cell.combine(params, start, u, v)
    return finish(mask_t, after, y_t, before)


def _pull(cell, kept, cotangents):
    """Returns the cotangents of what `_run` is given."""
    (_, reset, params, _, _, xs), (seen, pulls) = kept
    d_state, dys = cotangents
    pull_recur = make_recur_pullback(cell, params, d_state)

    # Steps are indexed: a scan over a group's would first copy its part of all that is kept.
    def step(carry, t):
        d_after, d_initial, d_params = carry
        dy_t, seen_t, pull_start, pull_seen, pull = jax.tree.map(
            lambda x: jax.lax.dynamic_index_in_dim(x, t, keepdims=False), (dys, seen, *pulls)
        )
        d_vectors, d_start, d_before, du, dv = pull((d_after, dy_t))
        d_start = _add(d_start, *pull_seen(pull_recur(seen_t, dv)))
        d_first, d_state = pull_start(d_start)
        carry = _add(d_state, d_before), _add(d_initial, d_first), _add(d_params, d_vectors)
        # A cell that only adds u and v has one cotangent for both; it is stored once.
        return carry, (du, None if dv is du else dv)

    # A group's steps of all sequences are one batch: each matrix's gradient is one plain product.
    batch_axes = len(leading_axes(xs))
    rows = functools.partial(jax.tree.map, lambda x: x.reshape(-1, *x.shape[batch_axes:]))

    def group(carry, ts, of_group):
        (d_state, d_initial, d_params), (dus, dvs) = jax.lax.scan(
            step, carry, ts, reverse=True, unroll=_unroll(xs)
        )
        dvs = dus if dvs is None else dvs
        group_xs, group_seen = jax.tree.map(of_group, (xs, seen))
        _, pull_project = jax.vjp(cell.project, params, rows(group_xs))
        _, pull_weights = jax.vjp(lambda params: cell.recur(params, rows(group_seen)), params)
        d_project, d_xs = pull_project(rows(dus))
        d_params = _add(_add(d_params, d_project), *pull_weights(rows(dvs)))
        # What is not differentiated, such as a whole number, has no cotangent to stack.
        d_xs = jax.tree.map(
            lambda d, x: d.reshape(x.shape) if _is_inexact(x) else None, d_xs, group_xs
        )
        return (d_state, d_initial, d_params), d_xs

    d_initial = jax.tree.map(zeros_like, d_state) if reset is not None else None
    carry = d_state, d_initial, jax.tree.map(lambda p: zeros_like(widened(p)), params)
    steps, length = leading_axes(xs)[0], _group_length(xs)
    if length is None:
        (d_state, d_initial, d_params), d_xs = group(carry, jnp.arange(steps), lambda x: x)
    else:

        def cut(carry, ts):
            at = functools.partial(
                jax.lax.dynamic_slice_in_dim, start_index=ts[0], slice_size=len(ts)
            )
            return group(carry, ts, at)

        even = steps - steps % length
        ts, last_ts = jnp.arange(even).reshape(-1, length), jnp.arange(even, steps)
        d_last = []
        if len(last_ts):
            carry, *d_last = cut(carry, last_ts)
        (d_state, d_initial, d_params), d_xs = jax.lax.scan(cut, carry, ts, reverse=True)
        d_xs = jax.tree.map(
            lambda d, *last: jnp.concatenate([d.reshape(even, *d.shape[2:]), *last]), d_xs, *d_last
        )
    d_params = jax.tree.map(lambda d, p: d.astype(p.dtype), d_params, params)
    return None, None, d_params, d_state, d_initial, d_xs


def _keeps_all(projected):
    """Says whether all steps are kept, however many.

    They need not be run twice then (LSTM, 1,000 steps of 8 x 64: 22 µs a step instead of 27). With
    more than a CPU's caches and allocator hold that does not pay.
    """
    us = jax.tree.leaves(projected)
    known = all(is_known(*u.shape) for u in us)
    most = _LITTLE if jax.default_backend() == "cpu" else _LITTLE_ELSEWHERE
    return known and sum(u.size * u.dtype.itemsize for u in us) <= most


def _group_length(xs):
    """Returns how many steps of cotangents are kept before the weights' gradients take them in.

    On a CPU few, which are in its caches still and take less memory (GRU, 28 steps of 128 x 256,
    256 units: 54 ms instead of 83); elsewhere all, which is None, since a product is a launch.
    """
    steps, *batch = leading_axes(xs)
    if jax.default_backend() != "cpu" or not is_known(steps, *batch):
        return None
    few = -(-_ROWS_A_PRODUCT // max(math.prod(batch), 1))
    return few if few < steps else None


def _unroll(xs):
    """Returns how many steps a turn of a loop has.

    On a GPU a turn costs a few microseconds whatever is in it (H100, LSTM, 16 x 64 to 16 x 768:
    with four steps a turn 1.3 to 2 times as fast).
    """
    return 1 if jax.default_backend() == "cpu" else steps_a_turn(4, leading_axes(xs)[0])


def _is_inexact(x):
    return jnp.issubdtype(x.dtype, jnp.inexact)


def _add(tree, other):
    """Adds cotangents, of which whole numbers have none, in the precision of the first."""

    def add(x, d):
        return x if d.dtype == jax.dtypes.float0 else x + d.astype(x.dtype)

    return jax.tree.map(add, tree, other)
