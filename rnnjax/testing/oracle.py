"""Values and gradients by hand: rows one by one, with ifs, in NumPy.

Only a single step of a single row and its derivative are compiled, and both are JAX's. What happens
over time, under masks and resets, forward and backward, is written out here.
"""

from typing import Any, NamedTuple

import jax
import numpy as np

from rnnjax.cells import Cell
from rnnjax.cells.noise import pack
from rnnjax.numbers import is_number, no_tangent
from rnnjax.testing.compiled import compiled
from rnnjax.testing.draws import gradient_of_weigh
from rnnjax.typing import Array, Params, State


class Case(NamedTuple):
    """A run: what an engine is given."""

    params: Params
    state: State  # [B, ...]
    x: Any  # [T, B, D]
    noise: Any  # pytree [T, B, ...], or None
    mask: Array | None
    reset: Array | None


class Outcome(NamedTuple):
    """A run's results and the gradients of their weighted sum (`draws.weigh`)."""

    by_params: Params
    by_state: State
    by_x: Any  # [T, B, D]
    state: State
    ys: Any


def loop(cell: Cell, case: Case) -> Outcome:
    """Returns what any engine has to."""
    steps, rows = case.x.shape[:2]
    case = Case(*jax.tree.map(np.asarray, tuple(case)))
    states = [_at(case.state, row) for row in range(rows)]
    arguments = cell, case.params, states[0], case.x[0, 0], _at(case.noise, 0, 0)
    nothing = jax.tree.map(_zeros, jax.eval_shape(_run_step, *arguments))
    initial, _ = _numbers(_begin(cell, case.params, nothing[0]))
    ys = [[nothing[1]] * rows for _ in range(steps)]
    taken = []  # the steps that happen, in order
    for t, row in np.ndindex(steps, rows):
        if case.mask is not None and not case.mask[t, row]:
            continue
        begins = case.reset is not None and case.reset[t, row]
        before = initial if begins else states[row]
        inputs = case.x[t, row], _at(case.noise, t, row)
        (states[row], ys[t][row]), _ = _numbers(_step(cell, case.params, before, *inputs, nothing))
        taken.append((t, row, begins, before, inputs))
    final = _stack(states)
    outputs = jax.tree.map(
        lambda y: y.reshape(steps, rows, *y.shape[1:]), _stack([y for y_t in ys for y in y_t])
    )

    d_final, d_ys = gradient_of_weigh((final, outputs))
    d_states = [_at(d_final, row) for row in range(rows)]
    d_params = jax.tree.map(
        lambda x: np.zeros(x.shape, np.result_type(x.dtype, float)), case.params
    )
    d_x = np.zeros(case.x.shape)
    for t, row, begins, before, inputs in reversed(taken):
        cotangents = d_states[row], _at(d_ys, t, row)
        _, (by_params, d_states[row], d_x[t, row]) = _numbers(
            _step(cell, case.params, before, *inputs, cotangents)
        )
        d_params = jax.tree.map(np.add, d_params, by_params)
        if begins:  # the state before was made of the parameters, and the one before that ends
            _, by_params = _numbers(_begin(cell, case.params, d_states[row]))
            d_params = jax.tree.map(np.add, d_params, by_params)
            d_states[row] = jax.tree.map(np.zeros_like, d_states[row])
    return Outcome(d_params, _stack(d_states), d_x, final, outputs)


def _run_step(cell: Cell, params: Params, state: State, x: Array, noise: Any) -> tuple:
    return cell.step(params, state, pack(x, noise))


@compiled
def _step(cell: Cell, params: Params, state: State, x: Array, noise: Any, cotangents: tuple) -> Any:
    """Returns what a step of one row makes, and the gradients by params, state and x."""

    def step(params: Params, state: State, x: Array) -> tuple:
        return _run_step(cell, params, state, x, noise)

    made, pull = jax.vjp(step, params, state, x)
    return made, tidy(pull(_cotangents(made, cotangents)))


@compiled
def _begin(cell: Cell, params: Params, cotangent: State) -> tuple[State, Params]:
    """Returns the initial state of one row, and the gradient by params."""
    initial, pull = jax.vjp(cell.initial_state, params)
    return initial, tidy(pull(_cotangents(initial, cotangent))[0])


def tidy(gradients: Any) -> Any:
    """Returns gradients with zeros for whole numbers, which have none."""
    return jax.tree.map(
        lambda x: np.zeros(x.shape, bool) if x.dtype == jax.dtypes.float0 else x, gradients
    )


def _cotangents(made: Any, cotangents: Any) -> Any:
    return jax.tree.map(lambda x, d: d if is_number(x) else no_tangent(x), made, cotangents)


def _zeros(x: Any) -> np.ndarray:
    return np.zeros(x.shape, x.dtype)


def _numbers(tree: Any) -> Any:
    return jax.tree.map(np.asarray, tree)


def _at(tree: Any, *index: int) -> Any:
    return jax.tree.map(lambda leaf: leaf[index], tree)


def _stack(trees: list) -> Any:
    return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)
