import numpy as np

from rnnjax import unroll
from rnnjax.cells import MemoryControllerLSTM
from rnnjax.cells.gated.lstm import LSTMState
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines


def step(cell, p, state, x):
    i, f, g, o, m = np.split(x @ p.w_x + state.h @ p.w_h + p.b, 5)
    c = sigmoid(f) * state.c + sigmoid(i) * np.tanh(g)
    return (sigmoid(m) * np.tanh(c), c), sigmoid(o) * np.tanh(c)


def arrange(w):
    """Orders the reference's blocks f, i, o, m, n as i, f, g, o, m."""
    f, i, o, m, n = np.split(np.asarray(w), 5, axis=-1)
    return np.concatenate([i, f, n, o, m], axis=-1)


def test_the_papers_equations():
    follows(MemoryControllerLSTM(3), step)


def test_the_references_numbers(x64):
    weights = map(arrange, (sines(2, 10, 1), sines(2, 10, 2), sine_vector(10, 3)))
    params = MemoryControllerLSTM.params_type(*weights)
    start = LSTMState(np.zeros(2), np.zeros(2))
    final, ys = unroll.scan(MemoryControllerLSTM(2), params, start, SINE_XS)
    np.testing.assert_allclose(ys[-1], [-0.1373484030, 0.1435668811], rtol=1e-9)
    np.testing.assert_allclose(final.h, [-0.1865969803, 0.1670814779], rtol=1e-9)
    np.testing.assert_allclose(final.c, [-0.3133861966, 0.3584301083], rtol=1e-9)
