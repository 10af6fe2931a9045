import numpy as np

from rnnjax import unroll
from rnnjax.cells import GatedState, MinimalRNN
from rnnjax.cells.gated.minimalrnn import MinimalRNNParams
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import XS, H, vector, wide


def step(cell, p, state, x):
    z = np.tanh(x @ p.w_x + p.b_z)
    u = sigmoid(state.h @ p.w_h + z @ p.w_z + p.b)
    h = u * state.h + (1 - u) * z
    return (h,), h


def test_the_papers_equations():
    follows(MinimalRNN(3), step)


def test_the_references_numbers(x64):
    params = MinimalRNNParams(w_x=wide(0), w_h=wide(2), b=vector(4), w_z=wide(3), b_z=vector(1))
    final, _ = unroll.scan(MinimalRNN(2), params, GatedState(H), XS)
    np.testing.assert_allclose(final.h, [0.330937915401, -0.238239041655], rtol=1e-10)
