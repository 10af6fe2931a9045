import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LSTM, MogrifierLSTM
from rnnjax.cells.gated.lstm import LSTMState
from tests.cells.loops import XS, D, follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines
from tests.laws.draws import normal, params_of


def step(cell, p, state, x):
    h = state.h
    q, r = list(p.q), list(p.r)
    for i in range(1, cell.rounds + 1):
        if i % 2 == 1:
            x = 2 * sigmoid(h @ q.pop(0)) * x
        else:
            h = 2 * sigmoid(x @ r.pop(0)) * h
    assert not q
    assert not r
    i, f, g, o = np.split(x @ p.w_x + h @ p.w_h + p.b, 4)
    c = sigmoid(f) * state.c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return (h, c), h


@pytest.mark.parametrize("rounds", [1, 4])
def test_the_papers_equations(rounds):
    follows(MogrifierLSTM(3, rounds), step)


@pytest.mark.full
def test_the_references_numbers(x64):
    own = np.r_[0:4, 6:8, 4:6]  # from the reference's order i, f, o, g
    params = MogrifierLSTM.params_type(
        w_x=sines(2, 8, 1)[:, own],
        w_h=sines(2, 8, 2)[:, own],
        b=sine_vector(8, 3)[own],
        q=(sines(2, 2, 4), sines(2, 2, 6)),
        r=(sines(2, 2, 5),),
    )
    start = LSTMState(np.zeros(2), np.zeros(2))
    final, _ = unroll.scan(MogrifierLSTM(2, rounds=3), params, start, SINE_XS)
    np.testing.assert_allclose(final.h, [0.2032533179, -0.0120928970], rtol=5e-9)
    np.testing.assert_allclose(final.c, [0.5189468456, -0.0304136996], rtol=2e-9)


def test_where_nothing_scales_it_is_an_lstm():
    cell, start = MogrifierLSTM(3), LSTMState(normal(1, (3,)), normal(2, (3,)))
    p = params_of(cell)
    assert [q.shape for q in (*p.q, *p.r)] == [(3, D)] * 3 + [(D, 3)] * 2
    p = p._replace(q=(jnp.zeros((3, D)),) * 3, r=(jnp.zeros((D, 3)),) * 2)
    _, ys = unroll.scan(cell, p, start, XS)
    _, expected = unroll.scan(LSTM(3), LSTM.params_type(*p[:3]), start, XS)
    np.testing.assert_allclose(ys, expected, rtol=1e-5, atol=1e-6)
