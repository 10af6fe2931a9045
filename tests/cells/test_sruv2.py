import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import SRUv2
from rnnjax.cells.gated.sruv2 import SRUv2State
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines


def step(cell, p, state, x):
    n, f, r, *past = np.split(x @ p.w_x, p.w_x.shape[1] // cell.hidden)
    (v_f, v_r), (b_f, b_r) = np.split(p.v, 2), np.split(p.b, 2)
    f, r = sigmoid(f + v_f * state.c + b_f), sigmoid(r + v_r * state.c + b_r)
    c = f * state.c + (1 - f) * n
    way = past[0] if past else np.sqrt(1 + 2 * np.exp(cell.highway_bias)) * x
    return (c,), r * c + (1 - r) * way


@pytest.mark.parametrize("hidden", [2, 3])  # of which 2 is as wide as the inputs
def test_the_papers_equations(hidden):
    follows(SRUv2(hidden, highway_bias=-1.0), step)


def test_the_references_numbers(x64):
    params = SRUv2(2).init(jax.random.key(0), 2)
    params = type(params)(sines(2, 6, 1), sine_vector(4, 2), sine_vector(4, 3))
    final, ys = unroll.scan(SRUv2(2), params, SRUv2State(np.zeros(2)), SINE_XS)
    np.testing.assert_allclose(final.c, [0.4753252474, 0.0797397516], rtol=1e-9)
    np.testing.assert_allclose(ys[-1], [1.2686790399, 0.2891888344], rtol=1e-9)


def test_weights_are_drawn_as_the_authors_draw_them():
    cell = SRUv2(200, highway_bias=-3.0)
    params = cell.init(jax.random.key(0), 50)
    n, f, r, past = (w.std() * np.sqrt(50) for w in np.split(np.asarray(params.w_x), 4, axis=1))
    wanted = [1, np.sqrt(0.5), np.sqrt(0.5), 1.0486058]
    np.testing.assert_allclose([n, f, r, past], wanted, rtol=0.02)
    assert params.v.std() == pytest.approx(np.sqrt(0.5), rel=0.1)
    assert (np.split(np.asarray(params.b), 2)[1] == -3).all()
    assert cell.init(jax.random.key(0), 200).w_x.shape == (200, 600)
