import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import Mamba, identity
from rnnjax.cells.linear.mamba import MambaParams
from tests.cells.loops import follows, sigmoid


def softplus(z):
    return np.log1p(np.exp(z))


def step(cell, p, state, x):
    u = x @ p.w_x
    u = u * sigmoid(u)
    b, c, dt = u @ p.w_b, u @ p.w_c, softplus(u @ p.w_r @ p.w_dt + p.b_dt)
    h, y = np.array(state.h), p.d * u
    for i in range(cell.hidden):
        for n in range(cell.state_dim):
            h[i, n] = np.exp(-dt[i] * np.exp(p.a_log[i, n])) * h[i, n] + dt[i] * u[i] * b[n]
            y[i] += h[i, n] * c[n]
    return (h,), y


def test_the_papers_equations():
    follows(Mamba(3, state_dim=2, rank=2), step)


def test_the_references_numbers(x64):
    # Every map is linear in u = (1), (2): those of the reference, divided by it, one a step.
    cell = Mamba(1, state_dim=2, activation=identity)
    state, ys = None, []
    for u, z, b, c in ((1.0, 0.3, [1, -0.5], [0.5, 1]), (2.0, -1.0, [0.2, 0.4], [1, -1])):
        params = MambaParams(
            w_x=np.eye(1),
            w_r=np.zeros((1, 1)),
            w_b=np.array([b]) / u,
            w_c=np.array([c]) / u,
            w_dt=np.zeros((1, 1)),
            b_dt=np.array([z]),
            a_log=np.log([[1.0, 2]]),
            d=np.ones(1),
        )
        state, y = cell.step(params, state or cell.initial_state(params), np.array([u]))
        ys.append(float(y[0]))
    np.testing.assert_allclose(ys, [1.0, 2.7275827028471107], rtol=1e-14)


def test_the_drive_is_that_of_the_code_not_the_papers_exact_one(x64):
    cell = Mamba(1, state_dim=1, activation=identity)
    params = MambaParams(
        *(np.eye(1), np.zeros((1, 1)), np.eye(1), np.eye(1), np.zeros((1, 1))),
        *(np.zeros(1), np.zeros((1, 1)), np.zeros(1)),
    )
    h = 0.0
    for u, z in ((1.0, 0.3), (2.0, -1.0)):
        one = params._replace(w_b=np.eye(1) / u, b_dt=np.array([z]))
        decay, drive = cell.coefficients(one, np.array([u]))
        h = decay * h + drive
    np.testing.assert_allclose(h, [[1.2511071057026975]], rtol=1e-14)  # exact: 0.958


def test_steps_of_time_start_in_their_range_and_rates_as_whole_numbers():
    params = Mamba(1000).init(jax.random.key(0), 1)
    dt = softplus(np.asarray(params.b_dt, float))
    np.testing.assert_allclose(np.quantile(dt, [0, 0.5, 1]), [0.001, 0.01, 0.1], rtol=0.15)
    np.testing.assert_allclose(np.exp(params.a_log[3]), np.arange(1, 17), rtol=1e-5)
    assert params.w_r.shape == (1000, 63)


def test_a_mamba_runs_over_time_in_chunks():
    cell = Mamba(3, state_dim=2)
    params, xs = cell.init(jax.random.key(0), 2), np.ones((5, 2), np.float32)
    state = cell.initial_state(params)
    expected = unroll.scan(cell, params, state, xs)[1]
    found = unroll.Associative(chunk=2)(cell, params, state, xs)[1]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"rank": 0}, "rank must be a whole number of 1 or more"),
        ({"dt_min": 0.0}, "needs 0 < dt_min < dt_max"),
    ],
)
def test_impossible_numbers_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Mamba(3, **fields)
