import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LSTM, Elman, GatedState, MultiplicativeLSTM, MultiplicativeRNN
from rnnjax.cells.gated.lstm import LSTMState
from rnnjax.cells.plain.elman import ElmanState
from tests.cells.loops import XS, D, T, follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines
from tests.laws.draws import normal, params_of


def plain(cell, p, state, x):
    f = (x @ p.w_fx) * (state.h @ p.w_fh)
    h = np.tanh(f @ p.w_h + x @ p.w_x + p.b)
    return (h,), h


def gated(cell, p, state, x):
    m = (x @ p.w_mx) * (state.h @ p.w_mh)
    i, f, g, o = np.split(x @ p.w_x + m @ p.w_h + p.b, 4)
    c = sigmoid(f) * state.c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return (h, c), h


@pytest.mark.parametrize("factors", [None, 4])
def test_the_plain_networks_equations(factors):
    follows(MultiplicativeRNN(3, factors=factors), plain)


def test_the_lstms_equations():
    follows(MultiplicativeLSTM(3), gated)


def test_the_references_numbers_of_the_plain_network(x64):
    params = MultiplicativeRNN.params_type(
        w_x=sines(2, 2, 4),
        w_h=sines(3, 2, 3),
        b=sine_vector(2, 5),
        w_fx=sines(2, 3, 1),
        w_fh=sines(2, 3, 2),
    )
    cell, start = MultiplicativeRNN(2, factors=3), GatedState(np.zeros(2))
    final, _ = unroll.scan(cell, params, start, SINE_XS)
    np.testing.assert_allclose(final.h, [-0.7600643763, 0.3017176715], rtol=1e-9)


def test_the_references_numbers_of_the_lstm(x64):
    i, f, o, g = (slice(2 * n, 2 * n + 2) for n in range(4))  # the reference's order
    own = np.r_[i, f, g, o]
    params = MultiplicativeLSTM.params_type(
        w_x=sines(2, 8, 3)[:, own],
        w_h=sines(2, 8, 4)[:, own],
        b=sine_vector(8, 5)[own],
        w_mx=sines(2, 2, 1),
        w_mh=sines(2, 2, 2),
    )
    start = LSTMState(np.zeros(2), np.zeros(2))
    final, _ = unroll.scan(MultiplicativeLSTM(2), params, start, SINE_XS)
    np.testing.assert_allclose(final.h, [-0.0081023103, -0.1964132300], rtol=1e-8)
    np.testing.assert_allclose(final.c, [-0.0205281890, -0.3112470023], rtol=1e-9)


@pytest.mark.parametrize("symbol", range(D))
def test_a_symbol_chooses_an_elman_networks_matrix(symbol):
    cell, xs = MultiplicativeRNN(3, factors=4), np.repeat(np.eye(D)[[symbol]], T, axis=0)
    p, h = jax.tree.map(np.asarray, params_of(cell)), normal(2, (3,))
    _, ys = unroll.scan(cell, p, GatedState(h), xs)
    elman = Elman.params_type(p.w_x, (p.w_fh * p.w_fx[[symbol]]) @ p.w_h, p.b)
    _, expected = unroll.scan(Elman(3), elman, ElmanState(h), xs)
    np.testing.assert_allclose(ys, expected, rtol=1e-5, atol=1e-6)


def test_with_factors_that_are_the_state_it_is_an_lstm():
    xs = np.concatenate([XS, np.ones((T, 1))], axis=1).astype(np.float32)
    w = normal(3, (3, 12)), normal(4, (3, 12)), normal(5, (12,))
    only_the_last = jnp.zeros((3, 3)).at[2].set(1.0)
    params = MultiplicativeLSTM.params_type(*w, w_mx=only_the_last, w_mh=jnp.eye(3))
    start = LSTMState(normal(6, (3,)), normal(7, (3,)))
    _, ys = unroll.scan(MultiplicativeLSTM(3), params, start, xs)
    _, expected = unroll.scan(LSTM(3), LSTM.params_type(*w), start, xs)
    np.testing.assert_allclose(ys, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("factors", [0, 2.0, True])
def test_factors_are_as_many_as_a_whole_number(factors):
    with pytest.raises(ValueError, match="factors must be a whole number of 1 or more, or None"):
        MultiplicativeRNN(3, factors=factors)
