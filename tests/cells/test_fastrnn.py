import jax
import numpy as np

from rnnjax import unroll
from rnnjax.cells import FastRNN, GatedState
from rnnjax.cells.gated.fastrnn import FastRNNParams
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines


def step(cell, p, state, x):
    candidate = np.tanh(x @ p.w_x + state.h @ p.w_h + p.b)
    h = sigmoid(p.alpha) * candidate + sigmoid(p.beta) * state.h
    return (h,), h


def test_the_papers_equations():
    follows(FastRNN(3), step)


def test_the_references_numbers(x64):
    weights = sines(2, 2, 1), sines(2, 2, 2), sine_vector(2, 3)
    params = FastRNNParams(*weights, np.array(-3.0), np.array(3.0))
    final, _ = unroll.scan(FastRNN(2), params, GatedState(np.zeros(2)), SINE_XS)
    np.testing.assert_allclose(final.h, [0.0524514514, -0.0323105832], rtol=1e-9)


def test_it_starts_as_the_authors_do():
    params = FastRNN(2).init(jax.random.key(0), 3)
    assert (params.alpha, params.beta) == (-3, 3)
    np.testing.assert_array_equal(params.b, np.ones(2))
