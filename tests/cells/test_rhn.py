import jax
import numpy as np

from rnnjax import unroll
from rnnjax.cells import RHN, UGRNN, GatedState
from rnnjax.cells.gated.rhn import RHNParams
from tests.cells.loops import XS, follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines
from tests.laws.draws import params_of


def step(cell, p, state, x):
    s = state.h
    for layer in range(cell.depth):
        a, t = np.split((x @ p.w_x if layer == 0 else 0) + s @ p.w_h[layer] + p.b[layer], 2)
        a, t = np.tanh(a), sigmoid(t)
        s = a * t + s * (1 - t)
    return (s,), s


def test_the_papers_equations():
    follows(RHN(3, depth=3), step)


def test_the_references_numbers(x64):
    w_h = np.stack([sines(2, 4, 2), sines(2, 4, 3)])
    params = RHNParams(sines(2, 4, 1), w_h, np.stack([sine_vector(4, 5), sine_vector(4, 6)]))
    final, _ = unroll.scan(RHN(2, depth=2), params, GatedState(np.zeros(2)), SINE_XS)
    np.testing.assert_allclose(final.h, [-0.1296870535, 0.4979788265], rtol=1e-9)


def test_of_one_layer_it_is_a_ugrnn_with_a_gate_of_the_other_sign():
    params = params_of(RHN(3, depth=1))
    start = GatedState(np.ones(3, np.float32))
    _, ys = unroll.scan(RHN(3, depth=1), params, start, XS)

    def turned(w):
        return np.concatenate([-w[..., 3:], w[..., :3]], axis=-1)

    ugrnn = UGRNN.params_type(turned(params.w_x), turned(params.w_h[0]), turned(params.b[0]))
    np.testing.assert_allclose(ys, unroll.scan(UGRNN(3), ugrnn, start, XS)[1], rtol=1e-5)


def test_its_layers_let_pass_at_first():
    b = RHN(2, depth=3).init(jax.random.key(0), 3).b
    np.testing.assert_array_equal(b, [[0, 0, -2, -2]] * 3)
