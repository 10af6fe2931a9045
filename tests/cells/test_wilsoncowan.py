import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import WilsonCowan
from rnnjax.cells.leaky.wilsoncowan import WilsonCowanParams, WilsonCowanState
from tests.cells.loops import follows
from tests.laws.draws import params_of


def response(z, gain, theta):
    return 1 / (1 + np.exp(-gain * (z - theta))) - 1 / (1 + np.exp(gain * theta))


def most(gain, theta):
    return np.exp(gain * theta) / (1 + np.exp(gain * theta))


def step(cell, p, state, x):
    w, n = np.abs(p.w_h), cell.hidden
    c1, c2, c3, c4 = w[:n, :n], w[n:, :n], w[:n, n:], w[n:, n:]
    P, Q = np.split(x @ p.w_x + p.b, 2)
    E, I = state
    s_e = response(E @ c1 - I @ c2 + P, cell.gain_e, cell.theta_e)
    s_i = response(E @ c3 - I @ c4 + Q, cell.gain_i, cell.theta_i)
    k_e, k_i = most(cell.gain_e, cell.theta_e), most(cell.gain_i, cell.theta_i)
    e = E + cell.dt / cell.tau_e * (-E + (k_e - cell.r_e * E) * s_e)
    i = I + cell.dt / cell.tau_i * (-I + (k_i - cell.r_i * I) * s_i)
    return (e, i), e


def test_the_papers_equations():
    follows(WilsonCowan(3, 0.5, tau_i=5.0, r_e=0.8, r_i=0.9), step)


def test_the_numbers_of_its_hysteresis():
    numbers = {"c1": 12.0, "c2": 4.0, "c3": 13.0, "c4": 11.0}
    numbers |= {"gain_e": 1.2, "theta_e": 2.8, "gain_i": 1.0, "theta_i": 4.0}
    follows(WilsonCowan(2, **numbers), step)


def pair(P):
    """Parameters of one pair, the paper's, under a steady input."""
    w_h = jnp.array([[16.0, 15.0], [12.0, 3.0]])
    return WilsonCowanParams(jnp.zeros((1, 2)), w_h, jnp.array([P, 0.0]))


def state(e, i):
    return WilsonCowanState(jnp.array([e]), jnp.array([i]))


def test_the_references_numbers(x64):
    final, _ = unroll.scan(WilsonCowan(1), pair(1.25), state(0.1, 0.05), jnp.zeros((2, 1)))
    np.testing.assert_allclose(np.ravel(final), [0.096087844588, 0.041986304276], rtol=1e-10)


def test_a_pair_oscillates(x64):
    cell = WilsonCowan(1, dt=0.01, tau_e=1.0, tau_i=1.0)
    _, ys = unroll.scan(cell, pair(1.25), state(0.1, 0.05), jnp.zeros((20_000, 1)))
    e = np.asarray(ys[10_000:, 0])
    np.testing.assert_allclose([e.min(), e.max()], [0.0961, 0.2732], atol=1e-4)
    (rising,) = np.nonzero((e[:-1] < 0.18) & (e[1:] >= 0.18))
    np.testing.assert_allclose(np.diff(rising).mean() * 0.01, 5.26, atol=0.01)


def test_what_is_silent_stays_so_without_input(x64):
    _, ys = unroll.scan(WilsonCowan(1), pair(0.0), state(0.0, 0.0), jnp.zeros((100, 1)))
    assert np.abs(ys).max() < 1e-14


def test_strengths_start_such_that_they_add_up_to_the_papers():
    w_h = WilsonCowan(200).init(jax.random.key(0), 2).w_h
    sums = w_h.reshape(2, 200, 400).sum(1).reshape(2, 2, 200)
    assert w_h.min() >= 0
    np.testing.assert_allclose(sums.mean(-1), [[16, 15], [12, 3]], rtol=0.02)


def test_signs_of_strengths_do_not_count():
    cell = WilsonCowan(2)
    params = params_of(cell)
    prepared, turned = map(cell.prepare, (params, params._replace(w_h=-params.w_h)))
    assert (prepared.w_h[:2] >= 0).all()
    assert (prepared.w_h[2:] <= 0).all()
    np.testing.assert_array_equal(prepared.w_h, turned.w_h)
    assert cell.prepare(prepared) is prepared


@pytest.mark.parametrize("numbers", [{"dt": 0.0}, {"dt": 2.0, "tau_i": 1.0}])
def test_time_constants_that_make_the_step_unstable_are_refused(numbers):
    with pytest.raises(ValueError, match="needs 0 < dt <= tau_e and dt <= tau_i"):
        WilsonCowan(2, **numbers)


def test_negative_strengths_are_refused():
    with pytest.raises(ValueError, match="c2 must be 0 or more"):
        WilsonCowan(2, c2=-1.0)
