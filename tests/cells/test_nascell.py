import jax
import numpy as np

from rnnjax import unroll
from rnnjax.cells import NASCell
from rnnjax.cells.gated.lstm import LSTMState
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import SINE_XS, sines


def step(cell, p, state, x):
    i, m = (z.reshape(8, -1) for z in (x @ p.w_x, state.h @ p.w_h + p.b))
    a0, a2, a5, a7 = (sigmoid(i[k] + m[k]) for k in (0, 2, 5, 7))
    a1, a3 = np.maximum(i[1] + m[1], 0), np.maximum(i[3] * m[3], 0)
    a4, a6 = np.tanh(i[4] + m[4]), np.tanh(i[6] + m[6])
    q0, q1, q2, q3 = np.tanh(a0 * a1), np.tanh(a2 + a3), np.tanh(a4 * a5), sigmoid(a6 + a7)
    c = np.tanh(q0 + state.c) * q1
    h = np.tanh(c * np.tanh(q2 + q3))
    return (h, c), h


def test_tensorflows_equations():
    follows(NASCell(3), step)


def test_the_references_numbers(x64):
    params = NASCell.params_type(sines(2, 16, 1), sines(2, 16, 2), np.zeros(16))
    final, _ = unroll.scan(NASCell(2), params, LSTMState(np.zeros(2), np.zeros(2)), SINE_XS)
    np.testing.assert_allclose(final.c, [0, 0.0918530787], rtol=1e-9)
    np.testing.assert_allclose(final.h, [0, 0.0587280500], rtol=1e-9)


def test_without_weights_a_memory_of_one(x64):
    params = jax.tree.map(np.zeros_like, NASCell(1).init(jax.random.key(0), 1))
    final, _ = NASCell(1).step(params, LSTMState(np.zeros(1), np.ones(1)), np.ones(1))
    np.testing.assert_allclose(final.c, [0.3519457263], rtol=1e-9)
    np.testing.assert_allclose(final.h, [0.1921503310], rtol=1e-9)
