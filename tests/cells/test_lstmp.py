import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LSTM, LSTMP
from rnnjax.cells.gated.lstm import LSTMParams, LSTMState
from rnnjax.cells.gated.lstmp import LSTMPParams, LSTMPState
from tests.cells.loops import XS, follows, sigmoid
from tests.cells.reference import XS as REFERENCE_XS
from tests.cells.reference import block, vector, wide
from tests.laws.draws import doubled, params_of


def step(cell, p, state, x):
    i, f, g, o = np.split(x @ p.w_x + state.r @ p.w_h + p.b, 4)
    c = sigmoid(f) * state.c + sigmoid(i) * np.tanh(g)
    r = (sigmoid(o) * np.tanh(c)) @ p.w_r
    return (r, c), r


def test_the_papers_equations():
    follows(LSTMP(3, projection=2), step)


def test_the_references_numbers(x64):
    w_h = jnp.concatenate([block(k, rows=1) for k in (4, 5, 6, 7)], axis=1)
    params = LSTMPParams(wide(0, 1, 2, 3), w_h, vector(8, 9, 10, 11), block(12, columns=1))
    state = LSTMPState(r=jnp.array([0.5]), c=jnp.array([-0.3, 0.8]))
    final, _ = unroll.scan(LSTMP(2, projection=1), params, state, REFERENCE_XS)
    np.testing.assert_allclose(final.r, [-0.009942192279], rtol=1e-9)
    np.testing.assert_allclose(final.c, [-0.062002851314, -0.142283394210], rtol=1e-10)


def test_it_is_an_lstm_of_a_factored_matrix(x64):
    cell, m = LSTMP(3, projection=2), np.array([0.5, -0.2, 0.1])
    w_x, w_h, b, w_r = doubled(params_of(cell))
    c = np.array([0.3, 0.1, -0.6])
    _, ys = unroll.scan(cell, LSTMPParams(w_x, w_h, b, w_r), LSTMPState(m @ w_r, c), XS)
    _, ms = unroll.scan(LSTM(3), LSTMParams(w_x, w_r @ w_h, b), LSTMState(m, c), XS)
    np.testing.assert_allclose(ys, ms @ w_r, rtol=1e-12)


@pytest.mark.parametrize(("hidden", "projection", "size"), [(5, None, 3), (1, None, 1), (3, 4, 4)])
def test_the_projection_is_half_as_wide_if_it_is_not_said(hidden, projection, size):
    params = LSTMP(hidden, projection).init(jax.random.key(0), 2)
    assert params.w_r.shape == (hidden, size)
    assert params.w_h.shape == (size, 4 * hidden)
    assert params.b.tolist() == [0.0] * hidden + [1.0] * hidden + [0.0] * 2 * hidden


@pytest.mark.parametrize("projection", [0, 1.0, True])
def test_a_projection_is_a_whole_number(projection):
    with pytest.raises(ValueError, match="projection must be a whole number of 1 or more"):
        LSTMP(4, projection)
