import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.cells import MLSTM
from rnnjax.cells.matrix.mlstm import MLSTMElement, MLSTMParams, MLSTMState
from tests.cells.matrices import agrees_with, composes, heads_of
from tests.laws.draws import assert_finite, params_of


def log_sigmoid(x):
    return -np.log1p(np.exp(-x))


def step(cell, p, state, x):
    C, n, m = state
    q, k, v = (heads_of(cell, x @ w) for w in (p.w_q, p.w_k, p.w_v))
    k = k / np.sqrt(k.shape[1])
    i, f = x @ p.w_i + p.b_i, log_sigmoid(x @ p.w_f + p.b_f)
    # Without a scale: these numbers are small.
    C, n = np.exp(m)[:, None, None] * C, np.exp(m)[:, None] * n
    C = np.stack(
        [np.exp(f[h]) * C[h] + np.exp(i[h]) * np.outer(k[h], v[h]) for h in range(cell.heads)]
    )
    n = np.exp(f)[:, None] * n + np.exp(i)[:, None] * k
    m = np.maximum(f + m, i)
    h = [q[h] @ C[h] / max(abs(q[h] @ n[h]), 1) for h in range(cell.heads)]
    y = np.concatenate(h) / (1 + np.exp(-(x @ p.w_o + p.b_o)))
    return (C / np.exp(m)[:, None, None], n / np.exp(m)[:, None], m), y


def test_the_papers_equations_without_a_scale_on_every_engine():
    agrees_with(step, MLSTM(4, heads=2, eps=0.0))


def test_steps_compose():
    composes(MLSTM(4, heads=2, key_dim=3))


def run(m, eps):
    """Returns the outputs of the reference's two steps, without an output gate."""
    cell = MLSTM(2, eps=eps)
    none, gate = np.zeros((2, 2)), np.zeros((2, 1))
    zero = np.zeros(1)
    params = MLSTMParams(np.eye(2), none, none, gate, gate, none, zero, zero, np.full(2, 60.0))
    state = MLSTMState(np.zeros((1, 2, 2)), np.zeros((1, 2)), np.full(1, m))
    ks, vs = np.array([[0.2, -1], [1, 0.4]]) / np.sqrt(2), np.array([[1.5, -1], [0.5, 2]])
    i, f, ys = (0.7, -0.2), log_sigmoid(np.array([1.0, 2.0])), []
    with jax.enable_x64(True):
        for t, q in enumerate(np.array([[1, 0.5], [-0.3, 2]])):
            element = MLSTMElement(
                F=f[t, None],
                m=np.array([i[t]]),
                C=np.outer(ks[t], vs[t])[None],
                n=ks[t, None],
            )
            state = cell.apply(element, state)
            ys.append(np.asarray(cell.readout(params, state, q)))
    return np.stack(ys)


def test_the_authors_numbers_whatever_the_first_scale():
    expected = [[-0.6407721878, 0.4271814585], [-1.6261731854, 1.3785195562]]
    for m in (0.0, 5.0, -700.0, -1e30):
        np.testing.assert_allclose(run(m, eps=0.0), expected, rtol=1e-9)
    np.testing.assert_allclose(run(0.0, eps=1e-6), expected, rtol=1e-5)


@pytest.mark.parametrize("m", [-1e4, 1e4])
def test_a_query_of_zeros_reads_zeros_at_any_scale(m):
    cell = MLSTM(4, heads=2)
    params = params_of(cell)
    state = cell.initial_state(params)
    state = MLSTMState(state.C + 1.0, state.n + 1.0, state.m + m)

    def total(params, state, x):
        y = cell.readout(params, state, x)
        return y.sum(), y

    by_all, y = jax.jit(jax.grad(total, (0, 1, 2), has_aux=True))(params, state, jnp.zeros(2))
    assert_finite(by_all)
    np.testing.assert_array_equal(y, 0)


def test_gates_at_first_see_no_input_and_hardly_forget():
    params = MLSTM(8, heads=4).init(jax.random.key(0), 3)
    np.testing.assert_array_equal(params.b_f, [3, 4, 5, 6])
    assert not params.w_i.any()
    assert not params.w_f.any()


def test_an_eps_that_makes_no_number_is_refused():
    with pytest.raises(ValueError, match="eps must be 0 or more"):
        MLSTM(4, eps=-1e-6)
