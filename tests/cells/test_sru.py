import jax
import numpy as np

from rnnjax import unroll
from rnnjax.cells import SRU, identity
from rnnjax.cells.base import LinearState
from rnnjax.cells.linear.sru import SRUParams
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines


def step(cell, p, state, x):
    candidate, f, r, *around = np.split(x @ p.w_x, p.w_x.shape[1] // cell.hidden)
    b_f, b_r = np.split(p.b, 2)
    f, r = sigmoid(f + b_f), sigmoid(r + b_r)
    c = f * state.h + (1 - f) * candidate
    x = around[0] if around else x
    return (c,), r * np.tanh(c) + (1 - r) * x


def test_the_papers_equations():
    follows(SRU(2), step)
    follows(SRU(3), step)  # of inputs that are not as wide


def test_the_references_numbers(x64):
    params = SRUParams(sines(2, 6, 1), sine_vector(4, 3))
    final, ys = unroll.scan(SRU(2), params, LinearState(np.zeros(2)), SINE_XS)
    np.testing.assert_allclose(final.h, [0.4815512070, 0.0798957299], rtol=1e-9)
    np.testing.assert_allclose(ys[-1], [0.8275682307, 0.1824879511], rtol=1e-9)


def test_a_closed_gate_shows_the_input():
    cell = SRU(2, activation=identity)
    params = cell.init(jax.random.key(0), 2)._replace(b=np.repeat(np.float32([0, -200]), 2))
    xs = SINE_XS.astype(np.float32)
    _, ys = unroll.scan(cell, params, cell.initial_state(params), xs)
    np.testing.assert_array_equal(ys, xs)
