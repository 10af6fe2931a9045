import numpy as np

from rnnjax import unroll
from rnnjax.cells import SGRN, GatedState
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines


def step(cell, params, state, x):
    p = x @ params.w_x
    f = sigmoid(p + state.h @ params.w_h + params.b)
    h = np.tanh((1 - f) * p + f * state.h)
    return (h,), h


def test_the_papers_equations():
    follows(SGRN(3), step)


def test_the_references_numbers(x64):
    params = SGRN.params_type(sines(2, 2, 1), sines(2, 2, 2), sine_vector(2, 3))
    final, _ = unroll.scan(SGRN(2), params, GatedState(np.zeros(2)), SINE_XS)
    np.testing.assert_allclose(final.h, [0.3042673547, 0.0821939612], rtol=1e-9)
