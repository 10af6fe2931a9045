import jax.numpy as jnp
import numpy as np

from rnnjax import unroll
from rnnjax.cells import CIFG, LSTM
from rnnjax.cells.gated.lstm import LSTMState
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import XS, H, vector, wide

C = np.array([-0.3, 0.8])


def step(cell, p, state, x):
    i, g, o = np.split(x @ p.w_x + state.h @ p.w_h + p.b, 3)
    c = (1 - sigmoid(i)) * state.c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return (h, c), h


def test_the_papers_equations():
    follows(CIFG(3), step)


def test_the_references_numbers(x64):
    params = CIFG.params_type(wide(0, 2, 3), wide(4, 6, 7), vector(8, 10, 11))
    final, _ = unroll.scan(CIFG(2), params, LSTMState(H, C), XS)
    np.testing.assert_allclose(final.h, [0.021565065088, 0.053342338376], rtol=1e-10)
    np.testing.assert_allclose(final.c, [0.113801029213, 0.063160442543], rtol=1e-10)


def test_a_forget_gate_of_the_other_sign_does_as_well(x64):
    def numbers(wide, forget, *others):  # of a cell that learns f and writes 1 - f
        return jnp.concatenate([-wide(forget), wide(*others)], axis=-1)

    params = CIFG.params_type(
        numbers(wide, 1, 2, 3), numbers(wide, 5, 6, 7), numbers(vector, 9, 10, 11)
    )
    final, _ = unroll.scan(CIFG(2), params, LSTMState(H, C), XS)
    np.testing.assert_allclose(final.h, [-0.058244101976, -0.494264149060], rtol=1e-10)
    np.testing.assert_allclose(final.c, [-0.322981023260, -0.666139349698], rtol=1e-10)


def test_it_is_an_lstm_whose_forget_gate_has_the_input_gates_weights_turned_round(x64):
    mine = [wide(0, 2, 3), wide(4, 6, 7), vector(8, 10, 11)]
    _, ys = unroll.scan(CIFG(2), CIFG.params_type(*mine), LSTMState(H, C), XS)
    theirs = [jnp.concatenate([w[..., :2], -w[..., :2], w[..., 2:]], axis=-1) for w in mine]
    _, expected = unroll.scan(LSTM(2), LSTM.params_type(*theirs), LSTMState(H, C), XS)
    np.testing.assert_allclose(ys, expected, rtol=1e-12)
