import jax
import numpy as np

from rnnjax import unroll
from rnnjax.cells import GRUD, Observed
from rnnjax.cells.leaky.grud import GRUDParams, GRUDState
from tests.cells.loops import follows, sigmoid
from tests.laws.draws import assert_close, assert_finite, normal, params_of, weigh


def step(cell, p, state, x):
    h, _, gap = state
    d = gap + 1
    h = np.exp(-np.maximum(0, d @ p.w_dh + p.b_dh)) * h
    (w_r, w_i, w_n), (u_r, u_i, u_n), (v_r, v_i, v_n) = (
        np.split(w, 3, axis=1) for w in (p.w_x, p.w_h, p.w_m)
    )
    b_r, b_i, b_n = np.split(p.b, 3)
    m = np.ones_like(x)
    r = sigmoid(x @ w_r + h @ u_r + m @ v_r + b_r)
    i = sigmoid(x @ w_i + h @ u_i + m @ v_i + b_i)
    n = np.tanh(x @ w_n + (r * h) @ u_n + m @ v_n + b_n)
    h = (1 - i) * h + i * n
    return (h, x, 0 * gap), h


def test_the_papers_equations_where_all_is_seen():
    follows(GRUD(3), step)


def test_the_references_numbers(x64):
    w_z, w_r, w_n = [[0.1, 0.2], [0.3, -0.1]], [[-0.2, 0.4], [0.1, 0.1]], [[0.5, -0.5], [0.2, 0.3]]
    u_z, u_r, u_n = [[0.2, 0], [0.1, 0.3]], [[0.3, -0.1], [0.2, 0.2]], [[0.4, 0.1], [-0.3, 0.2]]
    v_z, v_r, v_n = [[0.1, 0.1], [0, 0.2]], [[0.2, 0], [0.1, -0.1]], [[0, 0.3], [0.2, 0.1]]
    params = GRUDParams(
        w_x=np.concatenate([w_r, w_z, w_n], axis=1),
        w_h=np.concatenate([u_r, u_z, u_n], axis=1),
        b=np.array([0.2, 0, 0, 0.1, -0.1, 0.1]),
        w_m=np.concatenate([v_r, v_z, v_n], axis=1),
        w_dx=np.array([0.5, 0.2]),
        b_dx=np.array([0, 0.1]),
        w_dh=np.array([[0.3, -0.4], [0.2, 0.6]]),
        b_dh=np.array([0.1, 0]),
        mean=np.array([0.3, -0.2]),
    )
    cell, nan = GRUD(2), np.nan
    xs = Observed(
        np.array([[1, nan], [nan, 0.5], [nan, nan]]),
        np.array([[1, 0], [0, 1], [0, 0]]),
        np.array([[0], [1], [1.5]]),
    )
    final, _ = unroll.scan(cell, params, cell.initial_state(params), xs)
    np.testing.assert_allclose(final.h, [0.173990888113, -0.055662573742], rtol=1e-9)
    np.testing.assert_allclose(final.x, [1, 0.5])
    np.testing.assert_allclose(final.gap, [2.5, 1.5])


def test_what_is_no_number_is_missing_and_reaches_no_gradient():
    cell = GRUD(3)
    params = params_of(cell)
    seen = np.array([[1, 0], [0, 0], [1, 1], [0, 1]], bool)
    xs = normal(1, (4, 2))

    def run(params, given):
        state = GRUDState(np.ones(3, np.float32), xs[0], np.zeros(2, np.float32))
        results = unroll.scan(cell, params, state, given)
        return weigh(results), results

    gradient = jax.grad(run, has_aux=True)
    marked = gradient(params, np.where(seen, xs, np.float32(np.nan)))
    assert_finite(marked)
    assert_close(marked, gradient(params, Observed(xs, seen, np.ones((4, 1), np.float32))))
