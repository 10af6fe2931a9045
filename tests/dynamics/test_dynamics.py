"""States as vectors, Jacobians and linear solves, each against dense linear algebra or a loop."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import compose, dynamics
from rnnjax.cells import CTRNN, GRU, LRU, LSTM, Elman
from tests.laws.draws import B, D, assert_close, assert_identical, normal, params_of, state_of

CELL = compose.Stack((LSTM(3), LRU(2)))  # real and complex, three leaves, N = 3 + 3 + 2 * 2
T, N = 6, 10
RESET = np.array([[0, 1, 0], [0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 1], [0, 0, 0]], bool)


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
    solve = jax.jit(lambda drive: dynamics.solve(jnp.asarray(jacobians), drive, flags))
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
        vector = dynamics.to_vector(state, batch_shape)
        assert vector.shape == (*batch_shape, N)
        assert_identical(dynamics.to_state(vector, state_of(CELL)), state)


def test_a_vector_is_the_leaves_in_a_row_in_single_precision_at_the_least():
    half = {"a": jnp.array([[1.0], [2.0]], jnp.bfloat16), "b": jnp.array([[3 + 4j], [5 + 6j]])}
    vector = dynamics.to_vector(half, (2,))
    assert vector.dtype == jnp.float32
    np.testing.assert_array_equal(vector, [[1, 3, 4], [2, 5, 6]])
    one = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), half)
    assert_identical(dynamics.to_state(vector, one), half)
    assert dynamics.to_vector((), (5,)).shape == (5, 0)


def on_vectors(cell, params, *batch_shape):
    """Returns the step of a cell on vectors, and points and inputs of a batch."""
    step = functools.partial(cell.step, params)
    step = jax.jit(dynamics.on_vectors(step, jax.eval_shape(cell.initial_state, params)))
    size = dynamics.to_vector(cell.initial_state(params)).size
    return step, jnp.asarray(normal(4, (*batch_shape, size))), normal(1, (*batch_shape, D))


def test_jacobians_are_those_of_each_point_by_itself():
    step, points, xs = on_vectors(CELL, params_of(CELL), T, B)
    values, found = jax.jit(lambda hs: dynamics.jacobians(lambda h: step(h, xs)[0], hs))(points)
    assert (values.shape, found.shape) == ((T, B, N), (T, B, N, N))
    own = jax.jit(jax.jacrev(lambda h, x_t: step(h, x_t)[0]))
    for at in np.ndindex(T, B):
        assert_close(values[at], step(points[at], xs[at])[0])
        assert_close(found[at], own(points[at], xs[at]))


def test_diagonals_are_those_of_the_jacobians():
    step, points, xs = on_vectors(CELL, params_of(CELL), T, B)
    values, found = dynamics.jacobians(lambda h: step(h, xs)[0], points)
    same, diagonals = dynamics.diagonal_jacobians(lambda h: step(h, xs)[0], points)
    assert_close(same, values)
    assert_close(diagonals, jnp.diagonal(found, axis1=-2, axis2=-1))


def test_jacobians_need_not_be_square():
    weights = normal(1, (3, 5))
    _, found = dynamics.jacobians(lambda h: h @ weights, jnp.ones((2, 3)))
    assert_close(found, np.stack([weights.T, weights.T]))


def at_rest(cell, params):
    """Returns the Jacobian at the state of zeros without input."""
    step, points, xs = on_vectors(cell, params, 1)
    return dynamics.jacobians(lambda h: step(h, 0 * xs)[0], 0 * points)[1][0]


def test_the_jacobians_of_networks_at_rest_are_their_closed_forms():
    params = params_of(Elman(3))
    w_h, slope = params.w_h.T, 1 - np.tanh(params.b)[:, None] ** 2
    assert_close(at_rest(Elman(3), params), slope * w_h)
    # h + dt/tau (-h + ...): the leak on the diagonal, and a dt/tau-th of the network's.
    cell = CTRNN(3, dt=1.0, tau=4.0)
    params = params_of(cell)
    assert_close(at_rest(cell, params), 0.75 * np.eye(3) + 0.25 * params.w_h.T)
    # A linear cell's is its decay, as a rotation of real and imaginary part.
    params = params_of(LRU(2))
    decay, _ = LRU(2).coefficients(params, jnp.zeros(D))
    re, im = np.diag(decay.real), np.diag(decay.imag)
    assert_close(at_rest(LRU(2), params), np.block([[re, -im], [im, re]]))


def test_a_chain_of_jacobians_is_the_derivative_of_the_chain():
    step, _, _ = on_vectors(GRU(3), params_of(GRU(3)))
    h, xs = jnp.asarray(normal(5, (3,))), normal(6, (T, D))
    hs = [h]
    for x_t in xs:
        hs.append(step(hs[-1], x_t)[0])
    befores = jnp.stack(hs[:-1])
    _, found = dynamics.jacobians(lambda h: step(h, xs)[0], befores)
    kick = jnp.zeros((T, 3)).at[0].set(found[0] @ jnp.ones(3))
    moved = dynamics.solve(found, kick)

    def end(h):
        for x_t in xs:
            h = step(h, x_t)[0]
        return h

    assert_close(moved[-1], jax.jvp(end, (h,), (jnp.ones(3),))[1])


def test_a_nan_before_a_beginning_stays_there():
    found = dynamics.solve(
        jnp.full((4, 2), jnp.nan), jnp.ones((4, 2)), jnp.array([True, False, True, True])
    )
    np.testing.assert_array_equal(found[:, 0], [1, np.nan, 1, 1])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: dynamics.to_vector(np.zeros(2, np.int32)), TypeError, "numbers; got int32"),
        (lambda: dynamics.to_vector(np.zeros((2, 3)), (3,)), ValueError, r"\(2, 3\) is not of"),
        (lambda: dynamics.to_state(np.zeros(3), np.zeros(2)), ValueError, r"2 numbers.*\(3,\)"),
        (
            lambda: dynamics.solve(np.zeros((4, 2, 3)), np.zeros((4, 2))),
            ValueError,
            r"\(4, 2, 3\) do not fit a drive \(4, 2\)",
        ),
        (
            lambda: dynamics.solve(np.zeros((4, 2)), np.zeros((4, 2)), np.zeros(3, bool)),
            ValueError,
            r"begins \(3,\) do not fit a drive \(4, 2\)",
        ),
        (
            lambda: dynamics.solve(np.zeros((4, 2)), np.zeros((4, 2)), np.zeros(4)),
            TypeError,
            "begins must be boolean; got float64",
        ),
        (
            lambda: dynamics.diagonal_jacobians(lambda h: h[..., :1], jnp.zeros((4, 2))),
            ValueError,
            r"\(4, 2\) to \(4, 1\) has no diagonal",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
