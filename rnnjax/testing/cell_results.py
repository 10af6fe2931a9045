"""The numbers that the laws of a cell are about, in a few compiled programs."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.cells import AssociativeCell, Cell, SplitCell
from rnnjax.numbers import is_number
from rnnjax.testing.compiled import compiled
from rnnjax.testing.draws import (
    B,
    D,
    T,
    doubled,
    halved,
    normal,
    params_of,
    state_of,
    weigh,
)
from rnnjax.typing import Array, Params, State


class CellResults:
    """What a cell does with drawn numbers; each program runs when a law first asks for it."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell

    @functools.cached_property
    def params(self) -> Params:
        """Drawn parameters."""
        return params_of(self.cell)

    @functools.cached_property
    def steps(self) -> "Steps":
        """Single steps, however batched, and the influence of inputs on outputs."""
        state, x, xs = state_of(self.cell, (2, B)), normal(1, (2, B, D)), normal(1, (B, 4, D))
        return _steps(self.cell, self.params, state, x, xs)

    @property
    def batch(self) -> tuple[State, Array]:
        """What the step `half` is given."""
        state, x = state_of(self.cell, (2, B)), jnp.asarray(normal(1, (2, B, D)))
        return jax.tree.map(lambda leaf: leaf[1], (state, x))

    @functools.cached_property
    def parts(self) -> dict[str, tuple]:
        """Pairs of results that have to be equal, by the contract."""
        cell, xs = self.cell, normal(1, (T, B, D))
        program = _split_pairs if isinstance(cell, SplitCell) else _associative_pairs
        return program(cell, self.params, state_of(cell, (B,)), state_of(cell, (T, B)), xs)

    @functools.cached_property
    def runs(self) -> "Runs":
        """Gradients by parameters and inputs, and outputs, of a few sequences."""
        xs = normal(1, (T, B, D))
        return _runs(self.cell, self.params, halved(self.params), xs)

    @functools.cached_property
    def differences(self) -> tuple[Array, Array, Array]:
        """Directional derivatives in double precision: by differences, forward and reverse mode."""
        arguments = self.params, state_of(self.cell, (B,)), normal(1, (2, B, D))
        with jax.enable_x64(True):
            return jax.tree.map(np.asarray, _differences(self.cell, doubled(arguments)))


class Steps(NamedTuple):
    """Results of single steps."""

    together: tuple  # a batch [2, B]
    mapped: tuple  # by `jax.vmap`
    half: tuple  # [B], the second of two
    alone: tuple  # one row of that
    prepared: tuple  # with what `prepare` makes of the parameters
    influence: Array  # of x_s on y_t, [t, s]
    from_numbers: tuple  # gradient and result of a step on zeros and ones
    from_whole: tuple[tuple, ...]  # on the same of other types


class Runs(NamedTuple):
    """Gradients by parameters and inputs, and outputs."""

    single: tuple
    large: tuple  # at large inputs
    half: tuple  # in half precision


def run(cell: Cell, params: Params, state: State, xs: Array) -> tuple[State, Any]:
    """Runs a cell with nothing but `jax.lax.scan`."""
    return jax.lax.scan(functools.partial(cell.step, params), state, xs)


WHOLE = (jnp.int32, jnp.uint8, jnp.bool_)


@compiled
def _steps(cell: Cell, params: Params, state: State, x: Array, xs: Array) -> Steps:
    step = functools.partial(cell.step, params)
    batch = jax.tree.map(lambda leaf: leaf[1], (state, x))
    row = jax.tree.map(lambda leaf: leaf[1, 2], (state, x))

    def outputs(state: State, xs: Array) -> Array:
        _, ys = run(cell, params, state, xs)
        return jnp.concatenate([y.reshape(len(xs), -1) for y in jax.tree.leaves(ys)], axis=1)

    def from_input(x: Array) -> tuple:
        def total(params: Params) -> tuple:
            made = cell.step(params, batch[0], x)
            return weigh(made), made

        return jax.grad(total, has_aux=True)(params)

    ones = batch[1] > 0
    return Steps(
        together=step(state, x),
        mapped=jax.vmap(jax.vmap(step))(state, x),
        half=step(*batch),
        alone=step(*row),
        prepared=cell.step(cell.prepare(params), state, x),
        influence=jnp.abs(jax.vmap(jax.jacrev(outputs, 1))(batch[0], xs)).max(axis=(0, 2, 4)),
        from_numbers=from_input(ones.astype(x.dtype)),
        from_whole=tuple(from_input(ones.astype(kind)) for kind in WHOLE),
    )


@compiled
def _runs(cell: Cell, params: Params, half_params: Params, xs: Array) -> Runs:
    def results(params: Params, xs: Array) -> tuple:
        def total(params: Params, xs: Array) -> tuple:
            _, ys = run(cell, params, cell.initial_state(params, (B,)), xs)
            return weigh(ys), ys

        return jax.grad(total, (0, 1), has_aux=True)(params, xs)

    both = jnp.stack([xs, 1e4 * jnp.sign(xs)])
    single, large = (
        jax.tree.map(lambda x, i=i: x[i], made)
        for made in [jax.lax.map(functools.partial(results, params), both)]
        for i in range(2)
    )
    return Runs(single, large, results(half_params, xs.astype(jnp.bfloat16)))


@compiled
def _differences(cell: Cell, arguments: tuple) -> tuple[Array, Array, Array]:
    leaves, structure = jax.tree.flatten(arguments)
    numbers = [i for i, x in enumerate(leaves) if is_number(x)]

    def total(changed: list[Array]) -> Array:
        full = list(leaves)
        for i, x in zip(numbers, changed, strict=True):
            full[i] = x
        return weigh(run(cell, *jax.tree.unflatten(structure, full)))

    point = [jnp.asarray(leaves[i]) for i in numbers]
    along = [
        [normal(i, x.shape, x.dtype) * (i == j or j == 0) for i, x in enumerate(point, 1)]
        for j in range(len(point) + 1)  # all at once, then one after another
    ]
    directions = [jnp.stack(column) for column in zip(*along, strict=True)]

    def moved(size: float) -> Array:
        return jax.lax.map(
            lambda v: total([x + size * d for x, d in zip(point, v, strict=True)]), directions
        )

    forward = jax.lax.map(lambda v: jax.jvp(total, (point,), (v,))[1], directions)
    gradient = jax.grad(total)(point)
    reverse = jax.vmap(
        lambda v: jnp.stack(
            [jnp.sum(jnp.real(g * d)) for g, d in zip(gradient, v, strict=True)]
        ).sum()
    )(directions)
    size = 1e-5
    return (moved(size) - moved(-size)) / (2 * size), forward, reverse


@compiled
def _split_pairs(
    cell: SplitCell, params: Params, state: State, states: State, xs: Array
) -> dict[str, tuple]:
    us = cell.project(params, xs)

    def step(state: State, inputs: tuple) -> tuple[State, tuple]:
        u, x_t = inputs
        v = cell.recur(params, cell.attend(state, x_t))
        stepped = cell.step(params, state, x_t)
        parted = cell.combine(params, state, cell.project(params, x_t), v)
        return stepped[0], (cell.combine(params, state, u, v), parted, stepped)

    _, (hoisted, parted, stepped) = jax.lax.scan(step, state, (us, xs))
    u, v = (jax.tree.map(lambda leaf: leaf[0], us), cell.recur(params, state))
    blind = jax.tree.map(lambda p: p if p.ndim < 2 else jnp.full_like(p, jnp.nan), params)
    return {
        "hoisted": (hoisted, stepped),
        "parted": (parted, stepped),
        "recurring": (
            cell.recur(params, states),
            jax.lax.map(lambda state: cell.recur(params, state), states),
        ),
        "blind": (cell.combine(blind, state, u, v), cell.combine(params, state, u, v)),
        "attending": (cell.attend(states, xs), states),
    }


@compiled
def _associative_pairs(
    cell: AssociativeCell, params: Params, state: State, states: State, xs: Array
) -> dict[str, tuple]:
    elements = cell.element(params, xs)
    first, second, third = (jax.tree.map(lambda leaf, t=t: leaf[t], elements) for t in range(3))

    def step(state: State, x_t: Array) -> tuple[State, tuple]:
        element = cell.element(params, x_t)
        stepped = cell.step(params, state, x_t)
        after = cell.apply(element, state)
        return stepped[0], (element, stepped, (after, cell.read(params, after, x_t)))

    final, (each, stepped, parted) = jax.lax.scan(step, state, xs)
    composed = jax.lax.scan(
        lambda so_far, one: (cell.compose(so_far, one), None),
        first,
        jax.tree.map(lambda leaf: leaf[1:], elements),
    )[0]
    return {
        "elements": (elements, each),
        "parted": (parted, stepped),
        "grouped": (
            cell.compose(cell.compose(first, second), third),
            cell.compose(first, cell.compose(second, third)),
        ),
        "applied": (
            cell.apply(cell.compose(first, second), state),
            cell.apply(second, cell.apply(first, state)),
        ),
        "whole": (cell.apply(composed, state), final),
        "reading": (
            cell.read(params, states, xs),
            jax.lax.map(lambda pair: cell.read(params, *pair), (states, xs)),
        ),
    }
