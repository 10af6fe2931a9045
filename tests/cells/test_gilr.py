import numpy as np

from rnnjax import unroll
from rnnjax.cells import GILR
from rnnjax.cells.linear.gilr import GILRParams
from tests.cells.loops import follows, sigmoid


def step(cell, p, state, x):
    g, u = np.split(x @ p.w_x + p.b, 2)
    g, u = sigmoid(g), np.where(u > 0, u, np.exp(u) - 1)
    h = g * state.h + (1 - g) * u
    return (h,), h


def test_the_papers_equations():
    follows(GILR(3), step)


def test_a_constant_gate_makes_an_exponential_average(x64):
    params = GILRParams(np.array([[0.0, 1.0]]), np.array([np.log(3), 0.0]))  # g = 3 / 4
    xs = np.array([[0.5], [2.0], [1.0]])
    final, _ = unroll.scan(GILR(1), params, GILR(1).initial_state(params), xs)
    expected = 0.25 * (0.75**2 * 0.5 + 0.75 * 2 + 1)
    np.testing.assert_allclose(final.h, [expected], rtol=1e-14)
