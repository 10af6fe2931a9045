import numpy as np

from rnnjax import unroll
from rnnjax.cells import LSTM, IndyLSTM
from rnnjax.cells.gated.lstm import LSTMParams, LSTMState
from tests.cells.loops import XS, follows, sigmoid
from tests.laws.draws import params_of

ZERO = LSTMState(np.zeros(2), np.zeros(2))


def step(cell, p, state, x):
    h, c = state
    i, f, g, o = np.split(x @ p.w_x + np.tile(h, 4) * p.w_h + p.b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return (h, c), h


def test_the_papers_equations():
    follows(IndyLSTM(3), step)


def test_the_references_numbers(x64):
    params = IndyLSTM.params_type(
        w_x=np.array([[0.5, -0.3, 0.2, 0.1, 1, 0.4, -0.6, 0.7]]),
        w_h=np.array([0.1, 0.2, 0.5, -0.5, -0.3, 0.4, 0.6, 0.1]),
        b=np.array([0.0, 0, 1, 1, 0, 0, 0, 0]),
    )
    final, ys = unroll.scan(IndyLSTM(2), params, ZERO, np.array([[1.0], [-0.5]]))
    expected = [[0.156433879971, 0.1071075905], [0.073956570035, 0.012572825651]]
    np.testing.assert_allclose(ys, expected, rtol=1e-9)
    np.testing.assert_allclose(final.c, [0.124475368513, 0.030233644811], rtol=1e-9)


def test_it_is_an_lstm_of_diagonal_matrices():
    params = params_of(IndyLSTM(2))
    _, ys = unroll.scan(IndyLSTM(2), params, ZERO, XS)
    matrices = np.concatenate([np.diag(u) for u in np.split(np.asarray(params.w_h), 4)], axis=1)
    lstm = LSTMParams(params.w_x, matrices, params.b)
    np.testing.assert_allclose(ys, unroll.scan(LSTM(2), lstm, ZERO, XS)[1], rtol=1e-5)
