import jax
import numpy as np

from rnnjax import unroll
from rnnjax.cells import BRC, NBRC, GatedState
from tests.cells.loops import XS, follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines
from tests.laws.draws import params_of


def step(times):
    def step(cell, p, state, x):
        z, r, candidate = np.split(x @ p.w_x, 3)
        w_z, w_r = np.split(p.w_h, 2, axis=-1)
        b_z, b_r = np.split(p.b, 2)
        z = sigmoid(z + times(state.h, w_z) + b_z)
        r = 1 + np.tanh(r + times(state.h, w_r) + b_r)
        h = z * state.h + (1 - z) * np.tanh(candidate + r * state.h)
        return (h,), h

    return step


def test_the_papers_equations():
    follows(BRC(3), step(np.multiply))
    follows(NBRC(3), step(np.matmul))


def test_the_references_numbers(x64):
    start = GatedState(np.zeros(2))
    params = BRC.params_type(sines(2, 6, 1), sine_vector(4, 2), sine_vector(4, 3))
    final, _ = unroll.scan(BRC(2), params, start, SINE_XS)
    np.testing.assert_allclose(final.h, [0.1881304921, -0.6202273619], rtol=1e-9)
    params = NBRC.params_type(sines(2, 6, 1), sines(2, 4, 2), sine_vector(4, 3))
    final, _ = unroll.scan(NBRC(2), params, start, SINE_XS)
    np.testing.assert_allclose(final.h, [0.1784047233, -0.6730064971], rtol=1e-9)


def test_a_unit_keeps_one_of_two_states(x64):
    b = np.array([0.0, np.arctanh(0.5)])  # r = 1.5
    params = BRC.params_type(np.zeros((1, 3)), np.zeros(2), b)
    starts = GatedState(np.array([[0.01], [-0.01], [3.0]]))
    final, _ = unroll.scan(BRC(1), params, starts, np.zeros((200, 3, 1)))
    np.testing.assert_allclose(final.h[:, 0], np.array([1, -1, 1]) * 0.8585596366, rtol=1e-9)


def test_units_that_see_themselves_alone_make_a_brc_of_an_nbrc():
    params = params_of(BRC(3))
    w_h = np.concatenate([np.diag(w) for w in np.split(np.asarray(params.w_h), 2)], axis=-1)
    start = GatedState(np.ones(3, np.float32))
    _, expected = unroll.scan(BRC(3), params, start, XS)
    _, ys = unroll.scan(NBRC(3), NBRC.params_type(params.w_x, w_h, params.b), start, XS)
    np.testing.assert_allclose(ys, expected, rtol=1e-5)


def test_it_starts_with_the_authors_weights_on_the_state():
    np.testing.assert_array_equal(BRC(2).init(jax.random.key(0), 3).w_h, np.ones(4))
