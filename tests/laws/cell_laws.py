"""What is true of every cell. A law takes a cell and raises AssertionError where it fails."""

import dataclasses
import functools
import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from rnnjax import cells, compose
from rnnjax.cells import Cell, LinearCell, SplitCell
from rnnjax.typing import Array, Params, State
from tests.laws.draws import (
    B,
    D,
    T,
    assert_close,
    assert_finite,
    doubled,
    normal,
    params_of,
    specs,
    state_of,
    weigh,
)


def run(cell: Cell, params: Params, state: State, xs: Array) -> tuple[State, Array]:
    """Runs a cell with nothing but `jax.lax.scan`."""
    return jax.lax.scan(functools.partial(cell.step, params), state, xs)


def rebuilt(cell: Cell) -> Cell:
    """Makes an equal cell from its text."""
    return eval(repr(cell), {**vars(cells), **vars(compose), type(cell).__name__: type(cell)})


def keeps_the_shape_of_its_state(cell: Cell) -> None:
    params = params_of(cell)
    for batch_shape in ((), (B,), (2, B)):
        state = cell.initial_state(params, batch_shape)
        rows = jax.tree.leaves(cell.initial_state(params))
        for leaf, row in zip(jax.tree.leaves(state), rows, strict=True):
            assert leaf.shape == (*batch_shape, *row.shape)
        x_t = jnp.zeros((*batch_shape, D))
        after, y_t = jax.eval_shape(cell.step, params, state, x_t)
        assert specs(after) == specs(state)
        assert specs(y_t) == f"float32{(*batch_shape, cell.output_dim)}"


def treats_rows_alike_however_they_are_batched(cell: Cell) -> None:
    params, state, x = params_of(cell), state_of(cell, (2, B)), normal(1, (2, B, D))
    step = functools.partial(cell.step, params)

    @jax.jit
    def four_ways(state: State, x: Array) -> tuple:
        together = step(state, x)
        mapped = jax.vmap(jax.vmap(step))(state, x)
        half = step(*jax.tree.map(lambda leaf: leaf[1], (state, x)))
        alone = step(*jax.tree.map(lambda leaf: leaf[1, 2], (state, x)))
        return together, mapped, half, alone

    together, mapped, half, alone = four_ways(state, x)
    assert_close(mapped, together)
    assert_close(half, jax.tree.map(lambda leaf: leaf[1], together))
    assert_close(alone, jax.tree.map(lambda leaf: leaf[1, 2], together))


def is_traced_once_and_steps_as_it_does_eagerly(cell: Cell) -> None:
    traces = 0

    @jax.jit
    def step(cell: Cell, params: Params, state: State, x_t: Array) -> tuple[State, Array]:
        nonlocal traces
        traces += 1
        return cell.step(params, state, x_t)

    params, xs = params_of(cell), normal(1, (10, B, D))
    eager = compiled = cell.initial_state(params, (B,))
    for t in range(10):
        same = rebuilt(cell) if t % 2 else cell
        eager, eager_y = cell.step(params, eager, xs[t])
        compiled, compiled_y = step(same, params, compiled, xs[t])
        assert_close((compiled, compiled_y), (eager, eager_y))
    assert traces == 1


def has_the_gradients_of_finite_differences(cell: Cell) -> None:
    @jax.jit
    def total(params: Params, state: State, xs: Array) -> Array:
        return weigh(run(cell, params, state, xs))

    arguments = doubled((params_of(cell), state_of(cell, (B,)), normal(1, (2, B, D))))
    with jax.enable_x64(True):
        check_grads(total, arguments, order=1)


def sees_the_past_and_the_present_alone(cell: Cell) -> None:
    params, state, xs = params_of(cell), state_of(cell), normal(1, (4, D))
    jacobian = jax.jit(jax.jacrev(lambda xs: run(cell, params, state, xs)[1]))(xs)
    influence = np.abs(jacobian).max(axis=(1, 3))  # of x_s on y_t, [t, s]
    assert (influence[np.triu_indices(4, 1)] == 0).all(), influence
    assert (influence[np.tril_indices(4)] > 0).all(), influence


@jax.jit
def gradients_and_outputs(cell: Cell, params: Params, xs: Array) -> tuple:
    def total(params: Params, xs: Array) -> tuple[Array, Array]:
        _, ys = run(cell, params, cell.initial_state(params, (B,)), xs)
        return weigh(ys), ys

    return jax.grad(total, (0, 1), has_aux=True)(params, xs)


def is_finite_at_large_inputs(cell: Cell) -> None:
    xs = 1e4 * np.sign(normal(1, (T, B, D)))
    assert_finite(gradients_and_outputs(cell, params_of(cell), xs))


def runs_in_half_precision(cell: Cell) -> None:
    def halved(tree: Params) -> Params:
        return jax.tree.map(lambda x: jnp.asarray(np.asarray(x).astype(jnp.bfloat16)), tree)

    params, xs = params_of(cell), normal(1, (T, B, D))
    state = cell.initial_state(halved(params), (B,))
    after, y_t = jax.eval_shape(cell.step, halved(params), state, halved(xs[0]))
    assert specs(after) == specs(state)
    assert y_t.dtype == jnp.bfloat16

    full = gradients_and_outputs(cell, params, xs)
    half = gradients_and_outputs(cell, halved(params), halved(xs))
    assert_finite(half)
    # Eight bits a number: values within a tenth, gradients within a fifth of the largest.
    assert_close(half[1].astype(float), full[1], rtol=0.1, atol=0.1)
    for a, e in zip(jax.tree.leaves(half[0]), jax.tree.leaves(full[0]), strict=True):
        assert_close(a.astype(float), e, rtol=0, atol=0.2 * np.abs(e).max() + 0.1)


def prints_as_the_call_that_makes_it(cell: Cell) -> None:
    assert rebuilt(cell) == cell
    assert hash(rebuilt(cell)) == hash(cell)


def is_a_frozen_constant(cell: Cell) -> None:
    assert jax.tree.leaves(cell) == []
    for field in dataclasses.fields(cell):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(cell, field.name, getattr(cell, field.name))


def projects_a_whole_sequence_at_once(cell: SplitCell) -> None:
    params, state, xs = params_of(cell), state_of(cell, (B,)), normal(1, (T, B, D))
    us = cell.project(params, xs)
    for u, x_t in zip(us, xs, strict=True):
        hoisted = cell.combine(params, state, u, cell.recur(params, state))
        state, y_t = cell.step(params, state, x_t)
        assert_close(hoisted, (state, y_t))


def recurs_over_a_whole_sequence_at_once(cell: SplitCell) -> None:
    assert list(inspect.signature(cell.recur).parameters) == ["params", "state"]
    params, states = params_of(cell), state_of(cell, (T, B))
    assert_close(cell.recur(params, states), jax.vmap(lambda s: cell.recur(params, s))(states))


def combines_with_vectors_alone(cell: SplitCell) -> None:
    params, state, x_t = params_of(cell), state_of(cell, (B,)), normal(1, (B, D))
    blind = jax.tree.map(lambda p: p if p.ndim < 2 else jnp.full_like(p, jnp.nan), params)
    u, v = cell.project(params, x_t), cell.recur(params, state)
    assert_close(cell.combine(blind, state, u, v), cell.combine(params, state, u, v))


def composes_steps_in_any_order(cell: LinearCell) -> None:
    params, state, xs = params_of(cell), state_of(cell, (B,)), normal(1, (T, B, D))
    decays, drives = cell.coefficients(params, xs)
    assert specs(decays[0]) == specs(drives[0]) == specs(state.h)

    def compose(first: tuple, second: tuple) -> tuple:
        return second[0] * first[0], second[0] * first[1] + second[1]

    steps = list(zip(decays, drives, strict=True))
    first_to_last = functools.reduce(compose, steps)
    last_to_first = functools.reduce(lambda later, step: compose(step, later), steps[::-1])
    assert_close(first_to_last, last_to_first)
    final, _ = run(cell, params, state, xs)
    assert_close(first_to_last[0] * state.h + first_to_last[1], final.h)


def reads_out_a_whole_sequence_at_once(cell: LinearCell) -> None:
    params, state, xs = params_of(cell), state_of(cell, (B,)), normal(1, (T, B, D))
    hs, ys = [], []
    for x_t in xs:
        state, y_t = cell.step(params, state, x_t)
        hs.append(state.h)
        ys.append(y_t)
    assert_close(cell.readout(params, jnp.stack(hs), xs), jnp.stack(ys))


CELL_LAWS = (
    keeps_the_shape_of_its_state,
    treats_rows_alike_however_they_are_batched,
    is_traced_once_and_steps_as_it_does_eagerly,
    has_the_gradients_of_finite_differences,
    sees_the_past_and_the_present_alone,
    is_finite_at_large_inputs,
    runs_in_half_precision,
    prints_as_the_call_that_makes_it,
    is_a_frozen_constant,
)
SPLIT_CELL_LAWS = (
    projects_a_whole_sequence_at_once,
    recurs_over_a_whole_sequence_at_once,
    combines_with_vectors_alone,
)
LINEAR_CELL_LAWS = (composes_steps_in_any_order, reads_out_a_whole_sequence_at_once)
