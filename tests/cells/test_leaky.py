import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import CTRNN
from tests.laws.draws import normal, params_of

XS = normal(1, (6, 2))


@pytest.mark.parametrize(("dt", "tau"), [(20.0, 100.0), (5.0, 5.0)])
def test_the_papers_equation_in_euler_steps(dt, tau):
    cell = CTRNN(3, dt=dt, tau=tau)
    params = params_of(cell)
    w_x, w_h, b = (np.asarray(p, float) for p in params)
    final, ys = unroll.scan(cell, params, cell.initial_state(params), XS)
    h = np.zeros(3)
    for x_t, y_t in zip(XS.astype(float), ys, strict=True):
        rate = np.tanh(h)
        for j in range(3):
            slope = (-h[j] + x_t @ w_x[:, j] + rate @ w_h[:, j] + b[j]) / tau
            h[j] = h[j] + dt * slope
        np.testing.assert_allclose(y_t, np.tanh(h), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(final.h, h, rtol=1e-5, atol=1e-6)


def test_the_unit_of_time_does_not_matter():
    seconds, milliseconds = CTRNN(3, dt=0.02, tau=0.1), CTRNN(3, dt=20.0, tau=100.0)
    params = params_of(milliseconds)
    state = milliseconds.initial_state(params)
    _, expected = unroll.scan(milliseconds, params, state, XS)
    np.testing.assert_allclose(unroll.scan(seconds, params, state, XS)[1], expected, rtol=1e-6)


@pytest.mark.parametrize(("dt", "tau"), [(0.0, 1.0), (-1.0, 1.0), (2.0, 1.0)])
def test_time_constants_that_make_the_step_unstable_are_refused(dt, tau):
    with pytest.raises(ValueError, match="needs 0 < dt <= tau"):
        CTRNN(3, dt=dt, tau=tau)
