import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.cells import PeepholeLSTM, PhasedLSTM
from rnnjax.cells.gated.lstm import LSTMState
from rnnjax.cells.gated.phasedlstm import PhasedLSTMState
from tests.cells.loops import XS, follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines
from tests.laws.draws import normal, params_of


def openness(cell, p, t):
    k = []
    for tau, s, r in zip(np.abs(p.tau), p.s, np.abs(p.r), strict=True):
        phi = (t - s) / tau - np.floor((t - s) / tau)
        if phi < r / 2:
            k.append(2 * phi / r)
        else:
            k.append(2 - 2 * phi / r if phi < r else cell.alpha * phi)
    return np.array(k)


def step(cell, p, state, x):
    i, f, g, o = np.split(x @ p.w_x + state.h @ p.w_h + p.b, 4)
    i, f = sigmoid(i + p.p_i * state.c), sigmoid(f + p.p_f * state.c)
    c = f * state.c + i * np.tanh(g)
    h = sigmoid(o + p.p_o * c) * np.tanh(c)
    k = openness(cell, p, state.t[0])
    h, c = k * h + (1 - k) * state.h, k * c + (1 - k) * state.c
    return (h, c, state.t + 1), h


@pytest.mark.parametrize("alpha", [0.001, 0.3])
def test_the_papers_equations(alpha):
    follows(PhasedLSTM(3, alpha=alpha, ratio=0.5), step)


def of_time(tau, s, r):
    return {"tau": jnp.array(tau), "s": jnp.array(s), "r": jnp.array(r)}


def test_the_references_openness_over_a_period(x64):
    cell = PhasedLSTM(1, ratio=0.5)
    params = params_of(cell)._replace(**of_time([4.0], [0.0], [0.5]))
    found = []
    for t in (0, 0.5, 1, 1.5, 2, 3, 4):  # by the shift, where t is no whole number
        state = PhasedLSTMState(np.zeros(1), np.zeros(1), np.int32([np.ceil(t)]))
        own = params._replace(s=jnp.array([np.ceil(t) - t]))
        found.append(cell.gates(own, state, np.zeros(4), np.zeros(4)).k[0])
    np.testing.assert_allclose(found, [0, 0.5, 1, 0.5, 0.0005, 0.00075, 0], rtol=1e-12)


def test_the_references_numbers(x64):
    own = np.r_[0:4, 6:8, 4:6]  # from the reference's order i, f, o, g
    zeros = np.zeros(2)
    params = PhasedLSTM.params_type(
        *(sines(2, 8, 1)[:, own], sines(2, 8, 2)[:, own], sine_vector(8, 3)[own]),
        *(zeros, zeros, zeros),
        **of_time([4.0, 10.0], [0.0, 1.0], [0.5, 0.5]),
    )
    cell = PhasedLSTM(2, alpha=0.0)
    state = PhasedLSTMState(zeros, zeros, np.int32([1]))
    earlier = params._replace(s=params.s + 0.5)  # so that the first step is at 0.5
    state, _ = cell.step(earlier, state, SINE_XS[0])
    state, _ = cell.step(params, state._replace(t=np.int32([3])), SINE_XS[1])
    np.testing.assert_allclose(state.h, [0.0769591541, -0.0120200170], rtol=5e-9)
    np.testing.assert_allclose(state.c, [0.1708383441, -0.0306376294], rtol=2e-9)


def test_of_units_that_are_always_open_it_is_a_peephole_lstm():
    cell = PhasedLSTM(3)
    params = params_of(cell)._replace(**of_time([4.0] * 3, [-1.0] * 3, [0.5] * 3))
    h, c = normal(1, (3,)), normal(2, (3,))
    lstm, state = PeepholeLSTM.params_type(*params[:6]), PhasedLSTMState(h, c, np.int32([4]))
    after, _ = cell.step(params, state, XS[0])
    expected, _ = PeepholeLSTM(3).step(lstm, LSTMState(h, c), XS[0])
    np.testing.assert_allclose(after[:2], expected, rtol=1e-6)


def test_periods_and_shifts_are_drawn_as_told():
    cell = PhasedLSTM(500, log_tau_min=2.0, log_tau_max=6.0)
    params = cell.init(jax.random.key(0), 1)
    logs = np.log(params.tau)
    assert 2 <= logs.min() < 2.1
    assert 5.9 < logs.max() <= 6
    assert logs.mean() == pytest.approx(4, abs=0.2)
    assert ((params.s >= 0) & (params.s <= params.tau)).all()
    assert (params.r == np.float32(0.05)).all()


def test_numbers_that_make_no_phases_are_refused():
    with pytest.raises(ValueError, match="ratio must be above 0 and at most 1"):
        PhasedLSTM(3, ratio=0.0)
    with pytest.raises(ValueError, match="log_tau_min must not be above log_tau_max"):
        PhasedLSTM(3, log_tau_min=4.0)
