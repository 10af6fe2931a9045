import jax
import jax.numpy as jnp
import numpy as np

from rnnjax import unroll
from rnnjax.cells import MinGRU, MinLSTM
from rnnjax.cells.base import LinearState
from rnnjax.cells.linear.mingru import MinGRUParams
from rnnjax.cells.linear.minlstm import MinLSTMParams
from tests.cells.loops import follows, sigmoid


def step(cell, p, state, x):
    f, i, n = np.split(x @ p.w_x + p.b, 3)
    f, i = sigmoid(f), sigmoid(i)
    h = f / (f + i) * state.h + i / (f + i) * n
    return (h,), h


def test_the_papers_equations():
    follows(MinLSTM(3), step)


def of_the_code(u):
    return jnp.where(u >= 0, u + 0.5, jax.nn.sigmoid(u))


def test_the_references_numbers(x64):
    params = MinLSTMParams(np.eye(3), np.zeros(3))
    xs = np.array([[0.5, -0.2, -0.7], [1, 0.3, 0.4]])
    cell = MinLSTM(1, activation=of_the_code)
    final, _ = unroll.scan(cell, params, cell.initial_state(params), xs)
    np.testing.assert_allclose(final.h, [0.47399675917325423], rtol=1e-14)


def test_what_is_written_again_and_again_stays_and_it_is_a_mingru_of_one_gate(x64):
    params = MinLSTMParams(np.eye(3), np.zeros(3))
    decay, drive = MinLSTM(1).coefficients(params, np.array([0.5, -0.2, 0.7]))
    np.testing.assert_allclose(decay * 0.7 + drive, 0.7, rtol=1e-14)
    z = sigmoid(-0.2) / (sigmoid(-0.2) + sigmoid(0.5))
    of_mingru = MinGRUParams(np.eye(2), np.zeros(2))
    expected = MinGRU(1).coefficients(of_mingru, np.array([np.log(z / (1 - z)), 0.7]))
    np.testing.assert_allclose((decay, drive), expected, rtol=1e-13)


def test_gates_that_underflow_both_are_weighed_all_the_same():
    params = MinLSTMParams(np.eye(3, dtype=np.float32), np.zeros(3, np.float32))
    state = LinearState(np.ones(1, np.float32))
    x = jnp.array([-200.0, -200.0, 0.0])
    np.testing.assert_allclose(MinLSTM(1).step(params, state, x)[1], [0.5], rtol=1e-5)
