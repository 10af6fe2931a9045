import numpy as np

from rnnjax import unroll
from rnnjax.cells import STAR, GatedState
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines


def step(cell, p, state, x):
    z, k = np.split(x @ p.w_x + p.b, 2)
    z, k = np.tanh(z), sigmoid(k + state.h @ p.w_h)
    h = np.tanh((1 - k) * state.h + k * z)
    return (h,), h


def test_the_papers_equations():
    follows(STAR(3), step)


def test_the_references_numbers(x64):
    params = STAR.params_type(sines(2, 4, 1), sines(2, 2, 2), sine_vector(4, 3))
    final, _ = unroll.scan(STAR(2), params, GatedState(np.zeros(2)), SINE_XS)
    np.testing.assert_allclose(final.h, [0.3617423561, -0.3026138184], rtol=1e-9)
