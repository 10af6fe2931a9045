import numpy as np

from rnnjax import unroll
from rnnjax.cells import UGRNN, GatedState
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines


def step(cell, p, state, x):
    z = x @ p.w_x + state.h @ p.w_h + p.b
    f, n = sigmoid(z[: cell.hidden]), np.tanh(z[cell.hidden :])
    h = f * state.h + (1 - f) * n
    return (h,), h


def test_the_papers_equations():
    follows(UGRNN(3), step)


def test_the_references_numbers(x64):
    params = UGRNN.params_type(sines(2, 4, 1), sines(2, 4, 2), sine_vector(4, 3))
    final, _ = unroll.scan(UGRNN(2), params, GatedState(np.zeros(2)), SINE_XS)
    np.testing.assert_allclose(final.h, [-0.1507312374, 0.3577403522], rtol=1e-9)
