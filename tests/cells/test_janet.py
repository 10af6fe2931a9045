import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, JANET, Chrono, GatedState, identity
from rnnjax.cells.gated.gru import GRUParams, GRUState
from tests.cells.reference import XS as REFERENCE_XS
from tests.cells.reference import H, vector, wide
from tests.laws.draws import normal, params_of

XS = normal(1, (6, 2))


def logistic(a):
    return 1 / (1 + np.exp(-a))


@pytest.mark.parametrize("beta", [0.0, 1.0, 2.5])
def test_the_papers_equations(beta):
    cell = JANET(3, beta=beta)
    params = params_of(cell)
    w_x, w_h, b = (np.asarray(p, float) for p in params)
    _, ys = unroll.scan(cell, params, cell.initial_state(params), XS)
    c = np.zeros(3)
    for x_t, y_t in zip(XS.astype(float), ys, strict=True):
        before, c = c, np.zeros(3)
        for j in range(3):
            q = x_t @ w_x[:, j] + before @ w_h[:, j] + b[j]
            n = np.tanh(x_t @ w_x[:, 3 + j] + before @ w_h[:, 3 + j] + b[3 + j])
            c[j] = logistic(q) * before[j] + (1 - logistic(q - beta)) * n
        np.testing.assert_allclose(y_t, c, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("beta", "expected"),
    [(1.0, [0.784044511303, -0.853697376123]), (0.0, [0.547223177464, -0.717499814554])],
)
def test_the_references_numbers(x64, beta, expected):
    params = JANET.params_type(wide(0, 1), wide(2, 3), vector(4, 5))
    final, _ = unroll.scan(JANET(2, beta=beta), params, GatedState(H), REFERENCE_XS)
    np.testing.assert_allclose(final.h, expected, rtol=1e-11)


def test_with_beta_of_zero_it_is_a_gru_whose_reset_gate_is_open(x64):
    w_x, w_h, b = wide(0, 1), wide(2, 3), vector(4, 5)
    zeros = np.zeros((2, 2))
    gru = GRUParams(
        np.hstack([zeros, w_x]), np.hstack([zeros, w_h]), np.r_[[60.0, 60.0], b], np.zeros(2)
    )
    _, expected = unroll.scan(GRU(2), gru, GRUState(H), REFERENCE_XS)
    cell = JANET(2, beta=0.0)
    _, ys = unroll.scan(cell, cell.params_type(w_x, w_h, b), GatedState(H), REFERENCE_XS)
    np.testing.assert_allclose(ys, expected, rtol=1e-12)


def test_what_it_holds_settles_above_one():
    cell = JANET(1, activation=identity)
    params = cell.params_type(np.zeros((1, 2)), np.zeros((1, 2)), np.array([0.0, 1.0]))
    final, _ = unroll.scan(cell, params, GatedState(np.zeros(1)), np.zeros((80, 1)))
    assert final.h == pytest.approx((1 + 1) / (1 + np.exp(-1)), rel=1e-5)


def test_the_forget_gates_bias_starts_at_one_or_as_chrono_draws_it():
    np.testing.assert_array_equal(JANET(2).init(jax.random.key(0), 3).b, [1, 1, 0, 0])
    b = JANET(2, bias_init=Chrono(100)).init(jax.random.key(0), 3).b
    assert 0 < b[:2].min() < b[:2].max() <= np.log(99)
    np.testing.assert_array_equal(b[2:], 0)


def test_the_gates_make_the_step():
    cell, x_t = JANET(3), XS[0]
    params = params_of(cell)
    state = GatedState(normal(2, (3,)))
    u, v = cell.project(params, x_t), cell.recur(params, state)
    f, i, n = cell.gates(params, state, u, v)
    _, y_t = cell.step(params, state, x_t)
    np.testing.assert_allclose(y_t, f * state.h + i * n, rtol=1e-6)
