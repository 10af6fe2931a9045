import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import URLSTM
from rnnjax.cells.gated.lstm import LSTMState
from rnnjax.cells.gated.urlstm import URLSTMParams
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines


def step(cell, p, state, x):
    f, r, u, o = np.split(x @ p.w_x + state.h @ p.w_h + p.b, 4)
    f, r = sigmoid(f + p.b_f), sigmoid(r - p.b_f)
    g = r * (1 - (1 - f) ** 2) + (1 - r) * f**2
    c = g * state.c + (1 - g) * np.tanh(u)
    h = sigmoid(o) * np.tanh(c)
    return (h, c), h


def test_the_papers_equations():
    follows(URLSTM(3), step)


def test_the_references_numbers(x64):
    weights = sines(2, 8, 1), sines(2, 8, 2), sine_vector(8, 3)
    params = URLSTMParams(*weights, np.array([-1.0, 1.0]))
    final, _ = unroll.scan(URLSTM(2), params, LSTMState(np.zeros(2), np.zeros(2)), SINE_XS)
    np.testing.assert_allclose(final.h, [-0.1061784934, -0.1272595027], rtol=1e-9)
    np.testing.assert_allclose(final.c, [-0.1643049273, -0.2727589107], rtol=1e-9)


@pytest.mark.parametrize(("r", "kept"), [(-50.0, 0.81), (0.0, 0.90), (50.0, 0.99)])
def test_the_forget_gate_is_refined_between_its_square_and_its_mirror(r, kept):
    u = np.array([np.log(9), r, 0, 0], np.float32)
    params = URLSTMParams(*(np.zeros(0),) * 3, b_f=np.zeros(1, np.float32))
    gates = URLSTM(1).gates(params, LSTMState(*np.zeros((2, 1))), u, np.zeros(4, np.float32))
    np.testing.assert_allclose(gates.g, [kept], rtol=1e-5)


def test_the_forget_gate_starts_uniform():
    # Compiled, so that no matrix is drawn.
    f = sigmoid(np.asarray(jax.jit(lambda key: URLSTM(4000).init(key, 1).b_f)(jax.random.key(0))))
    np.testing.assert_allclose(np.quantile(f, [0, 0.25, 0.5, 0.75, 1]), np.arange(5) / 4, atol=0.03)
    assert np.isfinite(URLSTM(1).init(jax.random.key(0), 1).b_f).all()
