import jax
import numpy as np

from rnnjax import unroll
from rnnjax.cells import LSTM, PeepholeLSTM
from tests.laws.draws import normal, params_of

XS = normal(1, (6, 2))


def logistic(a):
    return 1 / (1 + np.exp(-a))


def test_the_papers_equations():
    cell = PeepholeLSTM(3)
    params = params_of(cell)
    w_x, w_h, b, p_i, p_f, p_o = (np.asarray(p, float) for p in params)
    assert min(abs(p).min() for p in (p_i, p_f, p_o)) > 0.01
    _, ys = unroll.scan(cell, params, cell.initial_state(params), XS)
    h, c = np.zeros(3), np.zeros(3)
    for x_t, y_t in zip(XS.astype(float), ys, strict=True):
        before, h = h, np.zeros(3)
        for j in range(3):
            i, f, g, o = (x_t @ w_x[:, k] + before @ w_h[:, k] + b[k] for k in range(j, 12, 3))
            i, f = logistic(i + p_i[j] * c[j]), logistic(f + p_f[j] * c[j])
            c[j] = f * c[j] + i * np.tanh(g)
            h[j] = logistic(o + p_o[j] * c[j]) * np.tanh(c[j])  # the new memory
        np.testing.assert_allclose(y_t, h, rtol=1e-5, atol=1e-6)


def test_it_starts_as_the_lstm_of_the_same_key():
    key = jax.random.key(3)
    ours, plain = PeepholeLSTM(3, forget_bias=0.5), LSTM(3, forget_bias=0.5)
    params, plain_params = ours.init(key, 2), plain.init(key, 2)
    _, ys = unroll.scan(ours, params, ours.initial_state(params), XS)
    _, plain_ys = unroll.scan(plain, plain_params, plain.initial_state(plain_params), XS)
    np.testing.assert_allclose(ys, plain_ys, rtol=1e-6)
