import jax
import numpy as np

from rnnjax import unroll
from rnnjax.cells import CFN, GatedState
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines
from tests.laws.draws import params_of, state_of


def step(cell, p, state, x):
    theta, eta, candidate = np.split(x @ p.w_x, 3)
    v_theta, v_eta = np.split(state.h @ p.w_h + p.b, 2)
    h = sigmoid(theta + v_theta) * np.tanh(state.h) + sigmoid(eta + v_eta) * np.tanh(candidate)
    return (h,), h


def test_the_papers_equations():
    follows(CFN(3), step)


def test_the_references_numbers(x64):
    params = CFN.params_type(sines(2, 6, 1), sines(2, 4, 2), sine_vector(4, 3))
    final, _ = unroll.scan(CFN(2), params, GatedState(np.zeros(2)), SINE_XS)
    np.testing.assert_allclose(final.h, [0.1962866673, -0.5349082656], rtol=1e-9)


def test_without_input_every_unit_decays():
    params = jax.tree.map(lambda p: 3 * p, params_of(CFN(3)))
    state = state_of(CFN(3))
    _, ys = unroll.scan(CFN(3), params, state, np.zeros((50, 2), np.float32))
    sizes = np.abs(np.concatenate([state.h[None], ys]))
    assert (np.diff(sizes, axis=0) < 0).all()


def test_it_starts_with_the_papers_biases():
    b = CFN(2).init(jax.random.key(0), 3).b
    np.testing.assert_array_equal(b, [1, 1, -1, -1])
