import numpy as np

from rnnjax import unroll
from rnnjax.cells import GatedState, LightRU, MGUResetBefore
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import XS, H, vector, wide


def step(cell, p, state, x):
    w_f, w_n = np.split(p.w_x, 2, 1)
    f = sigmoid(x @ w_f + state.h @ p.w_h + p.b)
    h = (1 - f) * state.h + f * np.tanh(x @ w_n)
    return (h,), h


def test_the_papers_equations():
    follows(LightRU(3), step)


def test_the_references_numbers(x64):
    params = LightRU.params_type(wide(1, 0), wide(2), vector(3))
    final, ys = unroll.scan(LightRU(2), params, GatedState(H), XS)
    np.testing.assert_allclose(final.h, [0.418292669484, -0.448497317471], rtol=1e-10)

    # An MGU whose candidate sees no state and has no bias.
    w_h, b = np.hstack([wide(2), np.zeros((2, 2))]), np.concatenate([vector(3), np.zeros(2)])
    mgu = MGUResetBefore.params_type(wide(1, 0), w_h, b)
    _, expected = unroll.scan(MGUResetBefore(2), mgu, GatedState(H), XS)
    np.testing.assert_allclose(ys, expected, rtol=1e-12)
