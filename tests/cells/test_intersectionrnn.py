import jax
import numpy as np

from rnnjax import unroll
from rnnjax.cells import UGRNN, GatedState, IntersectionRNN
from rnnjax.cells.gated.intersectionrnn import IntersectionRNNParams
from tests.cells.loops import XS, follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines


def step(cell, p, state, x):
    x = x if p.w_in is None else x @ p.w_in + p.b_in
    gh, candidate, gy, shown = np.split(x @ p.w_x + state.h @ p.w_h + p.b, 4)
    gh, gy = sigmoid(gh), sigmoid(gy)
    h = gh * state.h + (1 - gh) * np.tanh(candidate)
    return (h,), gy * x + (1 - gy) * np.maximum(shown, 0)


def test_the_papers_equations():
    follows(IntersectionRNN(2), step)
    follows(IntersectionRNN(3), step)  # of inputs that are not as wide


def test_the_references_numbers(x64):
    weights = sines(2, 8, 1), sines(2, 8, 2), sine_vector(8, 3)
    params = IntersectionRNNParams(*weights, None, None)
    final, ys = unroll.scan(IntersectionRNN(2), params, GatedState(np.zeros(2)), SINE_XS)
    np.testing.assert_allclose(final.h, [-0.1507312374, 0.3577403522], rtol=1e-9)
    np.testing.assert_allclose(ys[-1], [0.8984005772, 0.1079281633], rtol=1e-9)


def test_its_state_is_that_of_a_ugrnn():
    params = IntersectionRNN(2).init(jax.random.key(0), 2)
    state = GatedState(np.ones(2, np.float32))
    h, _ = unroll.scan(IntersectionRNN(2), params, state, XS)
    halves = (params.w_x[:, :4], params.w_h[:, :4], params.b[:4])
    expected, _ = unroll.scan(UGRNN(2), UGRNN.params_type(*halves), state, XS)
    np.testing.assert_allclose(h.h, expected.h, rtol=1e-5)


def test_both_gates_start_open():
    b = IntersectionRNN(2).init(jax.random.key(0), 3).b
    np.testing.assert_array_equal(b, [1, 1, 0, 0, 1, 1, 0, 0])
