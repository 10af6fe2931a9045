import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import CTRNN, Elman, GatedState, LeakyElman
from rnnjax.cells.leaky.ctrnn import CTRNNState
from rnnjax.cells.plain.elman import ElmanState
from tests.cells.loops import XS, follows
from tests.cells.reference import XS as REFERENCE_XS
from tests.cells.reference import H, vector, wide
from tests.laws.draws import doubled, params_of


def step(cell, p, state, x):
    a = cell.dt / cell.tau
    h = (1 - a) * state.h + a * np.tanh(x @ p.w_x + state.h @ p.w_h + p.b)
    return (h,), h


def test_the_papers_equation():
    follows(LeakyElman(3, dt=30.0), step)


def test_the_references_numbers(x64):
    params = LeakyElman.params_type(wide(0), wide(1), vector(2))
    final, _ = unroll.scan(LeakyElman(2), params, GatedState(H), REFERENCE_XS)
    np.testing.assert_allclose(final.h, [0.148167786564, 0.002481333616], rtol=1e-9)


def test_under_a_steady_input_its_drive_is_the_potential_of_a_ctrnn(x64):
    w_x, w_h, b = doubled(params_of(LeakyElman(3)))
    xs, h = np.tile(XS[0], (50, 1)), np.array([0.5, -0.3, 0.2])
    rates, ys = unroll.scan(LeakyElman(3), LeakyElman.params_type(w_x, w_h, b), GatedState(h), xs)
    drive = xs[0] @ w_x + b
    potentials, _ = unroll.scan(
        CTRNN(3), CTRNN.params_type(w_x, w_h, b), CTRNNState(h @ w_h + drive), xs
    )
    assert np.abs(ys[-1] - h).max() > 0.1
    np.testing.assert_allclose(rates.h @ w_h + drive, potentials.h, rtol=1e-11)


def test_without_a_leak_it_is_an_elman():
    params, h = params_of(LeakyElman(3)), np.ones(3)
    _, ys = unroll.scan(LeakyElman(3, dt=5.0, tau=5.0), params, GatedState(h), XS)
    _, expected = unroll.scan(Elman(3), Elman.params_type(*params), ElmanState(h), XS)
    np.testing.assert_allclose(ys, expected, rtol=1e-5)


@pytest.mark.parametrize(("dt", "tau"), [(0.0, 1.0), (2.0, 1.0)])
def test_time_constants_that_make_the_step_unstable_are_refused(dt, tau):
    with pytest.raises(ValueError, match="needs 0 < dt <= tau"):
        LeakyElman(3, dt=dt, tau=tau)
