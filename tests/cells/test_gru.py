import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, GRUResetBefore
from rnnjax.cells.gated.gru import GRUParams
from rnnjax.cells.gated.gruresetbefore import GRUResetBeforeParams
from tests.laws.draws import normal, params_of

XS = normal(1, (6, 2))


def logistic(a):
    return 1 / (1 + np.exp(-a))


def test_the_equations_with_the_reset_after_the_product():
    cell = GRU(3)
    params = params_of(cell)
    w_x, w_h, b, b_n = (np.asarray(p, float) for p in params)
    _, ys = unroll.scan(cell, params, cell.initial_state(params), XS)
    h = np.zeros(3)
    for x_t, y_t in zip(XS.astype(float), ys, strict=True):
        before, h = h, np.zeros(3)
        for j in range(3):
            r = logistic(x_t @ w_x[:, j] + before @ w_h[:, j] + b[j])
            z = logistic(x_t @ w_x[:, 3 + j] + before @ w_h[:, 3 + j] + b[3 + j])
            n = np.tanh(x_t @ w_x[:, 6 + j] + b[6 + j] + r * (before @ w_h[:, 6 + j] + b_n[j]))
            h[j] = (1 - z) * n + z * before[j]
        np.testing.assert_allclose(y_t, h, rtol=1e-5, atol=1e-6)


def test_the_papers_equations_with_the_reset_before_the_product():
    cell = GRUResetBefore(3)
    params = params_of(cell)
    w_x, w_h, b = (np.asarray(p, float) for p in params)
    w_rz, w_n = np.split(w_h, [6], axis=1)
    _, ys = unroll.scan(cell, params, cell.initial_state(params), XS)
    h = np.zeros(3)
    for x_t, y_t in zip(XS.astype(float), ys, strict=True):
        before, h = h, np.zeros(3)
        r = [logistic(x_t @ w_x[:, j] + before @ w_rz[:, j] + b[j]) for j in range(3)]
        for j in range(3):
            z = logistic(x_t @ w_x[:, 3 + j] + before @ w_rz[:, 3 + j] + b[3 + j])
            held = sum(r[i] * before[i] * w_n[i, j] for i in range(3))
            n = np.tanh(x_t @ w_x[:, 6 + j] + b[6 + j] + held)
            h[j] = (1 - z) * n + z * before[j]
        np.testing.assert_allclose(y_t, h, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("off_diagonal", "agree"), [(0.0, True), (0.5, False)])
def test_the_two_are_different_functions_unless_the_candidates_matrix_is_diagonal(
    off_diagonal, agree
):
    w_x, w_rz, b = normal(2, (2, 9)), normal(3, (3, 6)), normal(4, (9,))
    w_n = np.diag([0.5, -0.7, 0.9]) + off_diagonal * (1 - np.eye(3))
    after = GRUParams(*map(jnp.float32, (w_x, np.hstack([w_rz, w_n]), b, np.zeros(3))))
    before = GRUResetBeforeParams(*map(jnp.float32, (w_x, np.hstack([w_rz, w_n]), b)))
    cells = (GRU(3), after), (GRUResetBefore(3), before)
    ys_after, ys_before = (
        unroll.scan(cell, params, cell.initial_state(params), XS)[1] for cell, params in cells
    )
    difference = np.abs(ys_after - ys_before).max()
    assert difference < 1e-6 if agree else difference > 0.01


def test_each_gate_has_an_orthogonal_recurrent_matrix_of_its_own():
    after, before = (cell(5).init(jax.random.key(0), 2) for cell in (GRU, GRUResetBefore))
    for block in (*np.split(after.w_h, 3, axis=1), *np.split(before.w_h, 3, axis=1)):
        np.testing.assert_allclose(block.T @ block, np.eye(5), atol=1e-6)
    for bias in (after.b, after.b_n, before.b):
        np.testing.assert_array_equal(bias, 0)


def test_torch_agrees_in_values_and_gradients():
    torch = pytest.importorskip("torch")
    cell, xs = GRU(3), normal(2, (6, 4, 2))
    params = params_of(cell)
    theirs = torch.nn.GRU(2, 3)
    with torch.no_grad():
        theirs.weight_ih_l0[:] = torch.tensor(np.asarray(params.w_x).T)
        theirs.weight_hh_l0[:] = torch.tensor(np.asarray(params.w_h).T)
        theirs.bias_ih_l0[:] = torch.tensor(np.asarray(params.b))
        theirs.bias_hh_l0[:] = 0
        theirs.bias_hh_l0[6:] = torch.tensor(np.asarray(params.b_n))
    their_ys, _ = theirs(torch.tensor(xs))
    (their_ys**2).sum().backward()

    def total(params):
        _, ys = unroll.scan(cell, params, cell.initial_state(params, (4,)), xs)
        return (ys**2).sum(), ys

    gradient, ys = jax.grad(total, has_aux=True)(params)
    np.testing.assert_allclose(ys, their_ys.detach(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gradient.w_x, theirs.weight_ih_l0.grad.T, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gradient.w_h, theirs.weight_hh_l0.grad.T, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gradient.b, theirs.bias_ih_l0.grad, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gradient.b_n, theirs.bias_hh_l0.grad[6:], rtol=1e-4, atol=1e-5)
