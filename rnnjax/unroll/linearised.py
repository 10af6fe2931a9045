"""A recurrence with all its steps side by side: states as vectors, Jacobians, linear solves."""

import functools
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.masks import grow, masked_step


class Problem(NamedTuple):
    """What an engine is given: `h_t = f_t(h_{t-1})` for T steps."""

    cell: Cell
    params: Params
    state: State  # before the first step
    xs: Array  # [T, ..., D]
    mask: Array | None  # boolean [T, ...]
    reset: Array | None  # boolean [T, ...]


def to_vector(state: State, batch_shape: tuple[int, ...]) -> Array:
    """Returns a state as one real vector, `[*batch_shape, N]`, of single precision or more."""
    parts = []
    for leaf in jax.tree.leaves(state):
        if not jnp.issubdtype(leaf.dtype, jnp.inexact):
            raise TypeError(
                "unroll.newton runs a Cell whose state is made of real or complex numbers; "
                f"got one of {leaf.dtype}"
            )
        flat = leaf.reshape(*batch_shape, -1)
        parts += [flat.real, flat.imag] if jnp.iscomplexobj(flat) else [flat]
    dtype = jnp.result_type(jnp.float32, *(part.dtype for part in parts))
    return jnp.concatenate([part.astype(dtype) for part in parts], axis=-1)


def to_state(vector: Array, like: State) -> State:
    """Undoes `to_vector`: returns a state of the shapes and dtypes of `like`."""
    leaves, structure = jax.tree.flatten(like)
    batch_size, at, made = math.prod(vector.shape[:-1]), 0, []
    for leaf in leaves:
        size = leaf.size // batch_size
        parts = []
        for _ in range(1 + jnp.iscomplexobj(leaf)):
            part = vector[..., at : at + size].reshape(leaf.shape)
            parts.append(part.astype(jnp.finfo(leaf.dtype).dtype))
            at += size
        made.append(jax.lax.complex(*parts) if jnp.iscomplexobj(leaf) else parts[0])
    return jax.tree.unflatten(structure, made)


def step(problem: Problem, h: Array, inputs: tuple) -> tuple[Array, Array]:
    """Runs one step from the vector `h [..., N]` to the next and the output `[..., K]`."""
    state = to_state(h, problem.state)
    after, y_t = masked_step(problem.cell, problem.params, state, *inputs)
    return to_vector(after, h.shape[:-1]).astype(h.dtype), y_t


def starts(problem: Problem, hs: Array) -> Array:
    """Returns the vectors before each step, `[T, ..., N]`, from those after each."""
    return jnp.concatenate([to_vector(problem.state, hs.shape[1:-1])[None], hs[:-1]])


def run(problem: Problem, befores: Array) -> tuple[Array, Array]:
    """Runs all steps at once, each from its own vector in `befores`; see `step`."""
    inputs = (problem.xs, problem.mask, problem.reset)
    return jax.vmap(functools.partial(step, problem))(befores, inputs)


def begins(problem: Problem) -> Array | None:
    """Returns where a step forgets what was before, boolean `[T, ...]`; None is nowhere."""
    if problem.reset is None:
        return None
    there = problem.xs[..., 0]
    forgets = grow(problem.reset, there)
    return forgets if problem.mask is None else forgets & grow(problem.mask, there)


def linearise(problem: Problem, befores: Array) -> tuple[Array, Array]:
    """Returns what all steps come to, `[T, ..., N]`, and their Jacobians, `[T, ..., N, N]`."""
    afters, push = jax.linearize(lambda hs: run(problem, hs)[0], befores)
    units = jnp.eye(befores.shape[-1], dtype=befores.dtype)
    columns = jax.vmap(lambda unit: push(_along(unit, befores)), out_axes=-1)(units)
    return afters, columns


def linearise_diagonally(problem: Problem, befores: Array) -> tuple[Array, Array]:
    """Like `linearise`, with the diagonals of the Jacobians alone, `[T, ..., N]`."""
    afters, push = jax.linearize(lambda hs: run(problem, hs)[0], befores)

    def entry(unit: Array) -> Array:
        unit = _along(unit, befores)
        return jnp.sum(push(unit) * unit, axis=-1)

    # One column after another: all of them together are as many numbers as the Jacobians.
    entries = jax.lax.map(entry, jnp.eye(befores.shape[-1], dtype=befores.dtype))
    return afters, jnp.moveaxis(entries, 0, -1)


def _along(unit: Array, like: Array) -> Array:
    return jax.lax.broadcast_in_dim(unit, like.shape, (like.ndim - 1,))


class Map(NamedTuple):
    """One step, or several in a row: `h -> jacobian h + drive`; where it begins, `h -> drive`."""

    jacobian: Array  # [..., N, N], or the diagonal of it, [..., N]
    drive: Array  # [..., N]
    begins: Array | None  # boolean [...]


def solve(each: Map) -> Array:
    """Returns all `h_t = J_t h_{t-1} + d_t` from `h = 0` before the first, `[T, ..., N]`.

    It can be differentiated in both modes: its transpose is one solve backward in time.
    """

    def matvec(hs: Array) -> Array:
        befores = jnp.concatenate([jnp.zeros_like(hs[:1]), hs[:-1]])
        return hs - _forget(each.begins, _times(each.jacobian, befores))

    def forward(_, drive: Array) -> Array:
        return jax.lax.associative_scan(_compose, each._replace(drive=drive)).drive

    def backward(_, drive: Array) -> Array:
        # h_t passes to h_{t+1}, so its cotangent takes that step's Jacobian, transposed.
        later = jax.tree.map(
            lambda x: jnp.concatenate([x[1:], jnp.zeros_like(x[:1])]), each._replace(drive=None)
        )
        is_full = each.jacobian.ndim > drive.ndim
        jacobian = jnp.swapaxes(later.jacobian, -1, -2) if is_full else later.jacobian
        maps = Map(jacobian, drive, later.begins)
        return jax.lax.associative_scan(_compose, maps, reverse=True).drive

    return jax.lax.custom_linear_solve(matvec, each.drive, forward, backward)


def _compose(first: Map, second: Map) -> Map:
    """Returns two maps as one."""
    if first.jacobian.ndim == first.drive.ndim:
        jacobian = second.jacobian * first.jacobian
    else:
        jacobian = jnp.matmul(second.jacobian, first.jacobian, precision=jax.lax.Precision.HIGHEST)
    drive = _forget(second.begins, _times(second.jacobian, first.drive)) + second.drive
    if first.begins is None or second.begins is None:
        return Map(jacobian, drive, None)
    return Map(_forget(second.begins, jacobian), drive, first.begins | second.begins)


def _times(jacobian: Array, h: Array) -> Array:
    if jacobian.ndim == h.ndim:
        return jacobian * h
    return jnp.matmul(jacobian, h[..., None], precision=jax.lax.Precision.HIGHEST)[..., 0]


def _forget(begins: Array | None, x: Array) -> Array:
    # Chosen and not multiplied by zero: a NaN in one sequence must not reach the next.
    return x if begins is None else jnp.where(grow(begins, x), 0, x)
