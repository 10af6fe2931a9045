import jax
import numpy as np

from rnnjax import unroll
from rnnjax.cells import UGRNN, FastGRNN, GatedState
from rnnjax.cells.gated.fastgrnn import FastGRNNParams
from tests.cells.loops import XS, follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines
from tests.laws.draws import params_of


def step(cell, params, state, x):
    p = x @ params.w_x + state.h @ params.w_h
    b_z, b_h = np.split(params.b, 2)
    z, candidate = sigmoid(p + b_z), np.tanh(p + b_h)
    h = (sigmoid(params.zeta) * (1 - z) + sigmoid(params.nu)) * candidate + z * state.h
    return (h,), h


def test_the_papers_equations():
    follows(FastGRNN(3), step)


def test_the_references_numbers(x64):
    b = np.concatenate([sine_vector(2, 3), sine_vector(2, 4)])
    params = FastGRNNParams(sines(2, 2, 1), sines(2, 2, 2), b, np.array(1.0), np.array(-4.0))
    final, _ = unroll.scan(FastGRNN(2), params, GatedState(np.zeros(2)), SINE_XS)
    np.testing.assert_allclose(final.h, [0.0835843761, -0.0327335641], rtol=1e-9)


def test_at_the_ends_of_both_numbers_it_is_a_ugrnn_of_tied_matrices():
    params = params_of(FastGRNN(3))._replace(zeta=np.float32(40), nu=np.float32(-200))
    start = GatedState(np.ones(3, np.float32))
    _, ys = unroll.scan(FastGRNN(3), params, start, XS)
    tied = [np.concatenate([w, w], axis=-1) for w in (params.w_x, params.w_h)]
    _, expected = unroll.scan(UGRNN(3), UGRNN.params_type(*tied, params.b), start, XS)
    np.testing.assert_allclose(ys, expected, rtol=1e-5, atol=1e-6)


def test_it_starts_as_the_authors_do():
    params = FastGRNN(2).init(jax.random.key(0), 3)
    assert (params.zeta, params.nu) == (1, -4)
    np.testing.assert_array_equal(params.b, np.ones(4))
