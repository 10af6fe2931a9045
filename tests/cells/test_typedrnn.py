import numpy as np

from rnnjax import unroll
from rnnjax.cells import TypedRNN
from rnnjax.cells.base import LinearState
from rnnjax.cells.linear.typedrnn import TypedRNNParams
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines


def step(cell, p, state, x):
    z, f = np.split(x @ p.w_x + p.b, 2)
    f = sigmoid(f)
    h = f * state.h + (1 - f) * z
    return (h,), h


def test_the_papers_equations():
    follows(TypedRNN(3), step)


def test_the_references_numbers(x64):
    params = TypedRNNParams(sines(2, 4, 1), sine_vector(4, 3))
    final, _ = unroll.scan(TypedRNN(2), params, LinearState(np.zeros(2)), SINE_XS)
    np.testing.assert_allclose(final.h, [0.5153947907, -0.2104051509], rtol=1e-9)
