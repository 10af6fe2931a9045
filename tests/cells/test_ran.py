import numpy as np

from rnnjax import unroll
from rnnjax.cells import RAN
from rnnjax.cells.gated.lstm import LSTMState
from tests.cells.loops import XS, follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines
from tests.laws.draws import params_of


def step(cell, p, state, x):
    content, i, f = np.split(x @ p.w_x, 3)
    v_i, v_f = np.split(state.h @ p.w_h + p.b, 2)
    c = sigmoid(i + v_i) * content + sigmoid(f + v_f) * state.c
    return (np.tanh(c), c), np.tanh(c)


def test_the_papers_equations():
    follows(RAN(3), step)


def test_the_references_numbers(x64):
    params = RAN.params_type(sines(2, 6, 1), sines(2, 4, 2), sine_vector(4, 3))
    final, _ = unroll.scan(RAN(2), params, LSTMState(np.zeros(2), np.zeros(2)), SINE_XS)
    np.testing.assert_allclose(final.c, [0.3329539010, 0.0687342889], rtol=1e-9)
    np.testing.assert_allclose(final.h, [0.3211724858, 0.0686262502], rtol=1e-9)


def test_the_memory_is_a_weighted_sum_of_inputs(x64):
    cell, params, xs = RAN(3), params_of(RAN(3)), XS
    state = cell.initial_state(params)
    total, weights = np.zeros(3), []
    for x_t in xs:
        gates = cell.gates(params, state, cell.project(params, x_t), cell.recur(params, state))
        weights = [w * gates.f for w in weights] + [gates.i]
        state, _ = cell.step(params, state, x_t)
    for x_s, weight in zip(xs, weights, strict=True):
        total = total + weight * (x_s @ params.w_x[:, :3])
    np.testing.assert_allclose(state.c, total, rtol=1e-6)
