import numpy as np

from rnnjax import unroll
from rnnjax.cells import WMCLSTM
from rnnjax.cells.gated.lstm import LSTMState
from rnnjax.cells.gated.wmclstm import WMCLSTMParams
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines

ZERO = LSTMState(np.zeros(2), np.zeros(2))


def step(cell, p, state, x):
    i, f, u, o = np.split(x @ p.w_x + state.h @ p.w_h + p.b, 4)
    v_i, v_f = np.split(p.w_if, 2, axis=1)
    i, f = sigmoid(i + np.tanh(state.c @ v_i)), sigmoid(f + np.tanh(state.c @ v_f))
    c = f * state.c + i * np.tanh(u)
    h = sigmoid(o + np.tanh(c @ p.w_o)) * np.tanh(c)
    return (h, c), h


def swap(w):
    """Orders the reference's blocks i, f, o, u as i, f, g, o."""
    i, f, o, u = np.split(w, 4, axis=-1)
    return np.concatenate([i, f, u, o], axis=-1)


def test_the_papers_equations():
    follows(WMCLSTM(3), step)


def test_the_references_numbers(x64):
    weights = [swap(np.asarray(w)) for w in (sines(2, 8, 1), sines(2, 8, 2), sine_vector(8, 3))]
    w_if = np.concatenate([sines(2, 2, 4), sines(2, 2, 5)], axis=1)
    final, _ = unroll.scan(WMCLSTM(2), WMCLSTMParams(*weights, w_if, sines(2, 2, 6)), ZERO, SINE_XS)
    np.testing.assert_allclose(final.h, [0.1906953960, -0.0106397123], rtol=1e-8)
    np.testing.assert_allclose(final.c, [0.5067608252, -0.0235955287], rtol=1e-8)


def test_blind_to_the_memory_it_is_an_lstm(x64):
    weights = [swap(np.asarray(w)) for w in (sines(2, 8, 1), sines(2, 8, 2), sine_vector(8, 3))]
    blind = WMCLSTMParams(*weights, np.zeros((2, 4)), np.zeros((2, 2)))
    final, _ = unroll.scan(WMCLSTM(2), blind, ZERO, SINE_XS)
    np.testing.assert_allclose(final.h, [0.2089202295, -0.0098602107], rtol=1e-8)
    np.testing.assert_allclose(final.c, [0.5365314343, -0.0253986409], rtol=1e-8)
