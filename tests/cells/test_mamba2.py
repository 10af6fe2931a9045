import jax
import numpy as np
import pytest

from rnnjax.cells import Mamba2, identity
from rnnjax.cells.matrix.mamba2 import Mamba2Params
from tests.cells.loops import sigmoid
from tests.cells.matrices import agrees_with, composes, heads_of
from tests.laws.draws import normal, params_of


def silu(z):
    return z * sigmoid(z)


def step(cell, p, state, x):
    (S,) = state
    u, b, c = silu(x @ p.w_x), silu(x @ p.w_b), silu(x @ p.w_c)
    dt, u = np.log1p(np.exp(x @ p.w_dt + p.b_dt)), heads_of(cell, u)
    S = np.stack(
        [
            np.exp(-np.exp(p.a_log[h]) * dt[h]) * S[h] + dt[h] * np.outer(b, u[h])
            for h in range(cell.heads)
        ]
    )
    return (S,), np.concatenate([c @ S[h] + p.d[h] * u[h] for h in range(cell.heads)])


def test_the_papers_equations_on_every_engine():
    agrees_with(step, Mamba2(4, heads=2, key_dim=3))


def test_steps_compose():
    composes(Mamba2(4, heads=2, key_dim=3))


def test_it_is_attention_with_a_mask_of_decays(x64):
    cell = Mamba2(3, key_dim=2)
    p = params_of(cell)
    xs = normal(1, (6, 2)).astype(float)
    _, ys = jax.lax.scan(lambda s, x: cell.step(p, s, x), cell.initial_state(p), xs)
    u, b, c = (silu(np.asarray(xs @ w)) for w in (p.w_x, p.w_b, p.w_c))
    dt = np.log1p(np.exp(xs @ p.w_dt + p.b_dt[None]))[:, 0]
    logs = np.cumsum(-np.exp(p.a_log[0]) * dt)
    mask = np.tril(np.exp(logs[:, None] - logs[None]))
    expected = (mask * (c @ b.T)) @ (dt[:, None] * u) + float(p.d[0]) * u
    np.testing.assert_allclose(ys, expected, rtol=1e-5)


def test_of_one_number_it_is_a_leaky_integrator(x64):
    cell = Mamba2(1, key_dim=1, activation=identity)
    one, none = np.ones((1, 1)), np.zeros((1, 1))
    params = Mamba2Params(one, one, one, none, np.log(np.expm1([0.3])), np.log([2.0]), np.zeros(1))
    state = cell.initial_state(params)
    state, _ = cell.step(params, state, np.ones(1))
    state, y = cell.step(params, state, np.ones(1))
    np.testing.assert_allclose(state.S.ravel(), 0.3 + 0.3 * np.exp(-0.6), rtol=1e-14)
    np.testing.assert_allclose(y, state.S.ravel(), rtol=1e-14)


def test_steps_of_time_that_are_none_are_refused():
    assert Mamba2(4).dk == 128
    with pytest.raises(ValueError, match="needs 0 < dt_min < dt_max"):
        Mamba2(4, dt_min=0.1)
