import jax
import numpy as np

from rnnjax import unroll
from rnnjax.cells import LTC
from rnnjax.cells.leaky.ltc import LTCParams, LTCState
from tests.cells.loops import follows, sigmoid
from tests.laws.draws import params_of

POSITIVE = ("w_x", "w_h", "g_leak", "c_m")


def given(**numbers):
    """Returns parameters of which a cell makes these numbers."""
    inverse = {name: np.log(np.expm1(numbers[name])) for name in POSITIVE}
    return LTCParams(**{**numbers, **inverse})


def step(cell, p, state, x):
    w_x, w_h, leak, c = (np.log1p(np.exp(getattr(p, name))) for name in POSITIVE)
    v, x = state.v, x * p.a_x + p.b_x
    for _ in range(cell.unfolds):
        after = np.empty_like(v)
        for j in range(cell.hidden):
            inputs = w_x[:, j] * sigmoid(p.sigma_x[:, j] * (x - p.mu_x[:, j]))
            others = w_h[:, j] * sigmoid(p.sigma_h[:, j] * (v - p.mu_h[:, j]))
            drive = inputs @ p.e_x[:, j] + others @ p.e_h[:, j]
            drive += c[j] * v[j] + leak[j] * p.v_leak[j]
            after[j] = drive / (c[j] + leak[j] + inputs.sum() + others.sum())
        v = after
    return (v,), v


def test_the_papers_equations():
    follows(LTC(3, unfolds=4), step)


def test_the_references_numbers(x64):
    params = given(
        a_x=np.ones(1),
        b_x=np.zeros(1),
        w_x=np.array([[0.5, 0.8]]),
        sigma_x=np.array([[4.0, 5]]),
        mu_x=np.array([[0.4, 0.6]]),
        e_x=np.array([[1.0, -1]]),
        w_h=np.array([[0.3, 0.6], [0.2, 0.9]]),
        sigma_h=np.array([[3.0, 6], [5, 4]]),
        mu_h=np.array([[0.5, 0.4], [0.7, 0.3]]),
        e_h=np.array([[1.0, -1], [-1, 1]]),
        g_leak=np.ones(2),
        v_leak=np.array([0.1, -0.1]),
        c_m=np.full(2, 0.5),
    )
    final, _ = unroll.scan(LTC(2), params, LTCState(np.zeros(2)), np.array([[1.0], [-0.5]]))
    np.testing.assert_allclose(final.v, [0.175726178065, -0.059744862713], rtol=1e-9)


def test_a_unit_without_synapses_leaks(x64):
    cell = LTC(1)
    numbers = {"g_leak": np.ones(1), "v_leak": np.full(1, 0.1), "c_m": np.full(1, 0.5)}
    numbers |= {"w_x": np.full((2, 1), 1e-300), "w_h": np.full((1, 1), 1e-300)}
    params = given(**{**params_of(cell)._asdict(), **numbers})
    _, v = cell.step(params, LTCState(np.full(1, 0.7)), np.ones(2))
    np.testing.assert_allclose(v, [0.100823045267], rtol=1e-9)
    np.testing.assert_allclose(v, 0.1 + 0.6 * (0.5 / 1.5) ** 6, rtol=1e-12)


def test_potentials_stay_between_those_that_they_are_drawn_to():
    cell = LTC(8)
    params = cell.init(jax.random.key(0), 2)
    xs = 100 * np.random.default_rng(0).normal(size=(50, 2))
    _, ys = unroll.scan(cell, params, cell.initial_state(params), xs.astype(np.float32))
    assert -1 <= ys.min() < -0.3
    assert 0.3 < ys.max() <= 1
