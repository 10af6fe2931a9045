"""A `SplitCell` over time by kernels, with the gradient of mathematics and not of the loop."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp

from rnnjax.cells.base import SplitCell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.linear_map import differentiated_by, linear_map, tangent_of
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.blocks import run_at_once
from rnnjax.unroll.checks import check_each
from rnnjax.unroll.masks import begin, grow, hide, initial_like, masked_step
from rnnjax.unroll.split.kernel import steps as split_steps
from rnnjax.unroll.split.kernel import triton as split_kernel
from rnnjax.unroll.split.kernel.steps import Backward, Flags, Forward
from rnnjax.unroll.split.kernel.triton import Tile as Tile


def run(
    tile: Tile,
    cell: SplitCell,
    params: Params,
    state: State,
    xs: Array,
    mask: Array | None,
    reset: Array | None,
) -> tuple[State, Any]:
    """Runs `cell` over inputs of one step or more; see `unroll.Engine`.

    Raises:
        TypeError: also if the state is not made of real vectors, one a sequence.
    """
    steps, batch_shape = xs.shape[0], xs.shape[1:-1]
    for leaf in jax.tree.leaves(state):
        if leaf.shape[:-1] != batch_shape or not jnp.issubdtype(leaf.dtype, jnp.floating):
            raise TypeError(
                f"unroll.fused runs a SplitCell whose state is made of real vectors "
                f"{(*batch_shape, 'H')}; got {leaf.dtype} {leaf.shape}"
            )
    xs = hide(xs, mask)
    batch = math.prod(batch_shape)  # all batch axes as one

    def flat(flag: Array | None) -> Array | None:
        return None if flag is None else grow(flag, xs[..., 0]).reshape(steps, batch)

    rows = jax.tree.map(lambda x: x.reshape(batch, x.shape[-1]), state)
    flags = Flags(flat(mask), flat(reset))
    made: Any = _run(tile, cell, flags, params, rows, xs.reshape(steps, batch, xs.shape[-1]))
    last, ys = made
    last = jax.tree.map(lambda x, like: x.reshape(like.shape), last, state)
    return last, jax.tree.map(lambda y: y.reshape(steps, *batch_shape, y.shape[-1]), ys)


@functools.lru_cache(maxsize=1024)
def has_kernel(cell: SplitCell) -> bool:
    """Says whether a step of a cell and its derivative are made of what a kernel knows."""
    for input_dim in (1, cell.output_dim):  # the second for cells that take no other
        try:
            params = jax.eval_shape(
                lambda key, D=input_dim: cell.prepare(cell.init(key, D)), jax.random.key(0)
            )
        except ValueError:
            continue
        state = jax.eval_shape(lambda params: cell.initial_state(params, (1,)), params)
        x = jax.ShapeDtypeStruct((1, input_dim), jnp.float32)
        return split_kernel.can_run(cell, params, state, jax.eval_shape(cell.project, params, x))
    return False


@functools.partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def _run(tile, cell, flags, params, state, xs):
    last, ys, _ = _forward(tile, cell, flags, params, state, xs)
    return last, ys


def _derivative(tile, cell, primals, tangents):
    """Goes forward by a plain loop and backward by a kernel; further derivatives are the loop's."""
    forward = functools.partial(_forward, tile, cell)
    last, ys, afters = differentiated_by(functools.partial(_plain, cell), forward)(*primals)

    def of(flags):
        return lambda *others: _plain(cell, flags, *others)[:2]

    def push(kept, tangents):
        (flags, *others), _ = kept
        return tangent_of(of(flags), others, tangents)[1]

    def plain_pull(primals, afters, cotangents):
        del afters  # they are of the primals, whose derivative is taken
        flags, *others = primals
        return jax.vjp(of(flags), *others)[1](cotangents)

    def pull(kept, cotangents):
        run = functools.partial(_backward, tile, cell)
        return differentiated_by(plain_pull, run)(*kept, cotangents)

    return (last, ys), linear_map(push, pull, (primals, afters), tangents[1:])


_run.defjvp(_derivative, symbolic_zeros=True)


def _plain(cell, flags, params, state, xs):
    """Returns what `_forward` does, by a loop."""

    def step(state, inputs):
        after, y_t = masked_step(cell, params, state, *inputs)
        return after, (after, y_t)

    last, (afters, ys) = jax.lax.scan(step, state, (xs, flags.mask, flags.reset))
    return last, ys, afters


def _forward(tile, cell, flags, params, state, xs):
    us = cell.project(params, xs)
    check_each(cell, "project", us, leading_axes(xs))
    initial = None if flags.reset is None else initial_like(cell, params, state)
    given = Forward(state, initial, us, flags)
    afters, ys = _on_this_machine(
        split_kernel.forward, split_steps.forward, tile, cell, params, given
    )
    return jax.tree.map(lambda x: x[-1], afters), ys, afters


def _backward(tile, cell, primals, afters, cotangents):
    """Finds the cotangent of each state in a loop, and from those all else at once.

    Once it is known what each state's cotangent is, the steps no longer wait for each other: the
    gradient by parameters and inputs is that of all steps of all sequences as one batch.
    """
    flags, params, state, xs = primals
    d_last, d_ys = cotangents
    befores = jax.tree.map(lambda first, x: jnp.concatenate([first[None], x[:-1]]), state, afters)
    starts = begin(flags.reset, cell.initial_state(params), befores)
    us, vs = cell.project(params, xs), cell.recur(params, starts)
    given = Backward(d_last, starts, us, vs, d_ys, flags)
    d_afters, d_state = _on_this_machine(
        split_kernel.backward, split_steps.backward, tile, cell, params, given
    )

    def steps(params: Params, given: tuple) -> tuple[State, Any]:
        xs, befores, flags = given
        return masked_step(cell, params, befores, xs, flags.mask, flags.reset)

    _, pull = jax.vjp(
        lambda params, xs: run_at_once(steps, params, (xs, befores, flags)), params, xs
    )
    d_params, d_xs = pull((d_afters, d_ys))
    return d_params, d_state, d_xs


def _on_this_machine(kernel, loop, tile, cell, params, given):
    """Runs the kernel on an NVIDIA GPU, interprets it on a CPU, and loops anywhere else."""
    return jax.lax.platform_dependent(
        params,
        given,
        cuda=functools.partial(kernel, False, tile, cell),
        cpu=functools.partial(kernel, True, tile, cell),
        default=functools.partial(loop, cell),
    )
