"""The parts of Newton's method, each against dense linear algebra or a plain loop."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import compose
from rnnjax.cells import LRU, LSTM
from rnnjax.unroll import linearised
from rnnjax.unroll.base import masked_step
from rnnjax.unroll.linearised import Map, Problem
from tests.laws.draws import B, D, assert_close, assert_identical, normal, params_of, state_of

CELL = compose.Stack((LSTM(3), LRU(2)))  # real and complex, three leaves, N = 3 + 3 + 2 * 2
T, N = 6, 10
RESET = np.array([[0, 1, 0], [0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 1], [0, 0, 0]], bool)
MASK = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1], [1, 1, 0], [1, 1, 1]], bool)


def dense(jacobians, begins):
    """Returns the matrix of `h_t - J_t h_{t-1}` for one sequence, `[T * N, T * N]`."""
    steps, size = jacobians.shape[:2]
    matrix = np.eye(steps * size)
    for t in range(1, steps):
        if not begins[t]:
            rows, columns = slice(t * size, (t + 1) * size), slice((t - 1) * size, t * size)
            matrix[rows, columns] = -jacobians[t]
    return matrix


@pytest.mark.parametrize("diagonal", [False, True])
@pytest.mark.parametrize("begins", [None, RESET], ids=["no resets", "resets"])
def test_a_solve_and_its_transpose_are_those_of_the_dense_matrix(diagonal, begins, x64):
    jacobians = normal(1, (T, B, 4) if diagonal else (T, B, 4, 4), np.float64)
    drive, weights = normal(2, (T, B, 4), np.float64), normal(3, (T, B, 4), np.float64)
    flags = None if begins is None else jnp.asarray(begins)
    solve = jax.jit(lambda drive: linearised.solve(Map(jnp.asarray(jacobians), drive, flags)))
    hs, pull = jax.vjp(solve, jnp.asarray(drive))
    (cotangents,) = pull(jnp.asarray(weights))
    for row in range(B):
        each = jacobians[:, row]
        each = np.stack([np.diag(d) for d in each]) if diagonal else each
        matrix = dense(each, np.zeros(T, bool) if begins is None else begins[:, row])
        np.testing.assert_allclose(
            hs[:, row].ravel(), np.linalg.solve(matrix, drive[:, row].ravel()), 1e-9, 1e-9
        )
        np.testing.assert_allclose(
            cotangents[:, row].ravel(),
            np.linalg.solve(matrix.T, weights[:, row].ravel()),
            1e-9,
            1e-9,
        )


def test_a_state_comes_back_from_its_vector():
    for batch_shape in ((), (3,), (2, 3)):
        state = state_of(CELL, batch_shape)
        vector = linearised.to_vector(state, batch_shape)
        assert vector.shape == (*batch_shape, N)
        assert_identical(linearised.to_state(vector, state), state)


def problem_and_befores():
    state = jax.tree.map(jnp.asarray, state_of(CELL, (B,)))
    xs, mask, reset = (jnp.asarray(x) for x in (normal(1, (T, B, D)), MASK, RESET))
    problem = Problem(CELL, params_of(CELL), state, xs, mask, reset)
    return problem, jnp.asarray(normal(4, (T, B, N)))


def test_jacobians_are_those_of_each_step_of_each_sequence_by_itself():
    problem, befores = problem_and_befores()
    afters, jacobians = jax.jit(linearised.linearise)(problem, befores)
    own = jax.tree.map(lambda leaf: leaf[0], problem.state)

    @jax.jit
    def step(h, x_t, mask_t, reset_t):
        state = linearised.to_state(h, own)
        after, _ = masked_step(CELL, problem.params, state, x_t, mask_t, reset_t)
        return linearised.to_vector(after, ())

    for t, row in np.ndindex(T, B):
        arguments = befores[t, row], *(x[t, row] for x in (problem.xs, problem.mask, problem.reset))
        assert_close(afters[t, row], step(*arguments))
        assert_close(jacobians[t, row], jax.jacrev(step)(*arguments))
    # A step that is masked changes nothing; one that begins a sequence forgets.
    np.testing.assert_array_equal(jacobians[1, 1], np.eye(N))
    np.testing.assert_array_equal(jacobians[2, 0], np.zeros((N, N)))


def test_diagonals_are_those_of_the_jacobians():
    problem, befores = problem_and_befores()
    afters, jacobians = jax.jit(linearised.linearise)(problem, befores)
    same, diagonals = jax.jit(linearised.linearise_diagonally)(problem, befores)
    assert_close(same, afters)
    assert_close(diagonals, jnp.diagonal(jacobians, axis1=-2, axis2=-1))


def test_a_sequence_begins_where_it_is_reset_and_not_masked():
    problem, _ = problem_and_befores()
    begins = functools.partial(lambda **flags: linearised.begins(problem._replace(**flags)))
    np.testing.assert_array_equal(begins(), RESET & MASK)
    np.testing.assert_array_equal(begins(mask=None), RESET)
    expected = np.repeat(RESET[:, :1], B, axis=1) & MASK
    np.testing.assert_array_equal(begins(reset=jnp.asarray(RESET[:, 0])), expected)
    assert begins(reset=None) is None
