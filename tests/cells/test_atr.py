import numpy as np

from rnnjax import unroll
from rnnjax.cells import ATR, GatedState
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines


def step(cell, params, state, x):
    p, q = x @ params.w_x + params.b, state.h @ params.w_h
    h = sigmoid(p + q) * p + sigmoid(p - q) * state.h
    return (h,), h


def test_the_papers_equations():
    follows(ATR(3), step)


def test_the_references_numbers(x64):
    params = ATR.params_type(sines(2, 2, 1), sines(2, 2, 2), sine_vector(2, 3))
    final, _ = unroll.scan(ATR(2), params, GatedState(np.zeros(2)), SINE_XS)
    np.testing.assert_allclose(final.h, [0.6820609823, -0.2014522941], rtol=1e-9)
