import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LSTM
from tests.laws.draws import normal, params_of

XS = normal(1, (6, 2))


def logistic(a):
    return 1 / (1 + np.exp(-a))


def test_the_papers_equations():
    cell = LSTM(3)
    params = params_of(cell)
    w_x, w_h, b = (np.asarray(p, float) for p in params)
    final, ys = unroll.scan(cell, params, cell.initial_state(params), XS)
    h, c = np.zeros(3), np.zeros(3)
    for x_t, y_t in zip(XS.astype(float), ys, strict=True):
        before, h = h, np.zeros(3)
        for j in range(3):
            i, f, g, o = (x_t @ w_x[:, k] + before @ w_h[:, k] + b[k] for k in range(j, 12, 3))
            c[j] = logistic(f) * c[j] + logistic(i) * np.tanh(g)
            h[j] = logistic(o) * np.tanh(c[j])
        np.testing.assert_allclose(y_t, h, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(final.c, c, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(final.h, h, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("forget_bias", [0.0, 1.0, -2.5])
def test_the_bias_starts_at_zero_but_for_the_forget_gate(forget_bias):
    b = LSTM(4, forget_bias=forget_bias).init(jax.random.key(0), 2).b
    np.testing.assert_array_equal(b.reshape(4, 4), np.outer([0, forget_bias, 0, 0], np.ones(4)))


def test_each_gate_has_an_orthogonal_recurrent_matrix_of_its_own():
    w_h = np.asarray(LSTM(5).init(jax.random.key(0), 2).w_h)
    blocks = np.split(w_h, 4, axis=1)
    for block in blocks:
        np.testing.assert_allclose(block.T @ block, np.eye(5), atol=1e-6)
    assert not any(np.allclose(blocks[0], other) for other in blocks[1:])


def test_glorot_weights_are_those_of_one_gate_and_not_of_the_wide_matrix():
    w_x = np.asarray(LSTM(200).init(jax.random.key(0), 100).w_x)
    assert np.var(w_x) == pytest.approx(2 / (100 + 200), rel=0.03)


def test_torch_agrees_in_values_and_gradients():
    torch = pytest.importorskip("torch")
    cell, xs = LSTM(3), normal(2, (6, 4, 2))
    params = params_of(cell)
    theirs = torch.nn.LSTM(2, 3)
    with torch.no_grad():
        theirs.weight_ih_l0[:] = torch.tensor(np.asarray(params.w_x).T)
        theirs.weight_hh_l0[:] = torch.tensor(np.asarray(params.w_h).T)
        theirs.bias_ih_l0[:] = torch.tensor(np.asarray(params.b))
        theirs.bias_hh_l0[:] = 0
    their_ys, (_, their_c) = theirs(torch.tensor(xs))
    (their_ys**2).sum().backward()

    def total(params):
        final, ys = unroll.scan(cell, params, cell.initial_state(params, (4,)), xs)
        return (ys**2).sum(), (final, ys)

    gradient, (final, ys) = jax.grad(total, has_aux=True)(params)
    np.testing.assert_allclose(ys, their_ys.detach(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(final.c, their_c[0].detach(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gradient.w_x, theirs.weight_ih_l0.grad.T, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gradient.w_h, theirs.weight_hh_l0.grad.T, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gradient.b, theirs.bias_ih_l0.grad, rtol=1e-4, atol=1e-5)
