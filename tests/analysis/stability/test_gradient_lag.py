"""Gradients and Jacobians against lag, where they are powers, products of gates, or autodiff's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial

from rnnjax import cells, compose, dynamics
from rnnjax.analysis import gradient_by_lag, jacobian_by_lag, plot_gradient_by_lag
from rnnjax.analysis.stability.gradient_lag import lag_quantiles
from rnnjax.analysis.vector_steps import log_norm
from rnnjax.cells.gated.lstm import LSTMParams
from tests.laws.draws import B, D, normal, params_of

T = 7
CELL = compose.Stack((cells.LSTM(3), cells.LRU(2)))  # real and complex, three arrays


def run(cell, params, state, xs):
    for x_t in xs:
        state, _ = cell.step(params, state, x_t)
    return state


def test_the_gradient_at_every_lag_is_that_of_autodiff(x64):
    params = jax.tree.map(
        lambda p: jnp.asarray(p, jax.dtypes.canonicalize_dtype(jnp.result_type(p, jnp.float64))),
        params_of(CELL),
    )
    state, xs = CELL.initial_state(params, (B,)), jnp.asarray(normal(1, (T, B, D), np.float64))

    def loss(state):
        return jnp.sum(dynamics.to_vector(state, state[0].h.shape[:-1]) ** 3, axis=-1)

    found = gradient_by_lag(Partial(CELL.step, params), state, xs, loss)
    for k in range(T + 1):
        before = run(CELL, params, state, xs[: T - k])
        vector = dynamics.to_vector(before, (B,))
        like = CELL.initial_state(params)

        def total(vector, k=k, like=like):
            return loss(run(CELL, params, dynamics.to_state(vector, like), xs[T - k :])).sum()

        gradient = jax.grad(total)(vector)
        np.testing.assert_allclose(
            found.log_norms[k], np.log(np.linalg.norm(gradient, axis=-1)), rtol=1e-9
        )
        h, c, z = gradient[:, :3], gradient[:, 3:6], gradient[:, 6:]
        lstm, lru = found.blocks
        for logs, block in ((lstm.h, h), (lstm.c, c), (lru.h, z)):
            np.testing.assert_allclose(
                logs[k], np.log(np.linalg.norm(block, axis=-1)), rtol=1e-9, atol=1e-9
            )


def test_the_jacobians_at_every_lag_are_those_of_autodiff(x64):
    cell = cells.LSTM(3)
    params = jax.tree.map(lambda p: jnp.asarray(p, jnp.float64), params_of(cell))
    state, xs = cell.initial_state(params, (B,)), jnp.asarray(normal(1, (T, B, D), np.float64))
    found = jacobian_by_lag(Partial(cell.step, params), state, xs)
    for k in range(T + 1):
        before = run(cell, params, state, xs[: T - k])
        for row in range(B):
            one = jax.tree.map(lambda leaf, row=row: leaf[row], before)
            nested = jax.jacobian(lambda s, k=k, row=row: run(cell, params, s, xs[T - k :, row]))(
                one
            )
            blocks = [[nested.h.h, nested.h.c], [nested.c.h, nested.c.c]]
            whole = np.block([[np.asarray(block) for block in line] for line in blocks])
            at = (k, row)
            np.testing.assert_allclose(np.exp(found.spectral[at]), np.linalg.norm(whole, 2))
            np.testing.assert_allclose(np.exp(found.rms[at]), np.linalg.norm(whole) / 6**0.5)
            for after in ("h", "c"):
                for before_ in ("h", "c"):
                    block = getattr(getattr(nested, after), before_)
                    logs = getattr(getattr(found.blocks, after), before_)
                    np.testing.assert_allclose(
                        np.exp(logs[at]), np.linalg.norm(block) / 3**0.5, atol=1e-12
                    )


def test_a_cell_path_of_constant_gates_is_a_power_of_the_forget_gate():
    """Far beyond what single precision holds: `0.25^400 = 1e-241`."""
    zeros, b = jnp.zeros((1, 8)), jnp.repeat(jnp.array([0.0, -np.log(3.0), 0.3, 0.2]), 2)
    cell = cells.LSTM(2, gate_activation=cells.sigmoid)
    step = Partial(cell.step, LSTMParams(zeros, jnp.zeros((2, 8)), b))
    state = cell.initial_state(step.args[0], (3,))
    xs = jnp.zeros((400, 3, 1))
    lags = np.arange(401) * np.log(0.25)
    found = gradient_by_lag(step, state, xs, lambda s: s.c[..., 0])
    np.testing.assert_allclose(found.blocks.c[:, 1], lags, rtol=1e-5)
    assert np.all(found.blocks.h == -np.inf)
    products = jacobian_by_lag(step, state, xs)
    np.testing.assert_allclose(products.blocks.c.c[:, 2], lags, rtol=1e-5)
    np.testing.assert_array_equal(products.blocks.c.h[1:], np.full((400, 3), -np.inf))


def test_a_leak_a_linear_map_and_an_orthogonal_one_are_powers(x64):
    w_h = jnp.asarray(np.random.default_rng(0).normal(size=(4, 4)))
    orthogonal = jnp.linalg.qr(w_h)[0]
    xs, start = jnp.zeros((50, 0)), jnp.ones(4)

    def by(matrix):
        return jacobian_by_lag(lambda h, x_t: (h @ matrix, h), start, xs)

    k = np.arange(51)
    np.testing.assert_allclose(by(0.7 * jnp.eye(4)).rms, k * np.log(0.7), atol=1e-12)
    np.testing.assert_allclose(by(orthogonal).spectral, 0, atol=1e-13)
    np.testing.assert_allclose(by(orthogonal).rms, 0, atol=1e-13)
    powers = [np.linalg.matrix_power(w_h.T, n) for n in k]
    np.testing.assert_allclose(by(w_h).spectral, [np.log(np.linalg.norm(p, 2)) for p in powers])
    np.testing.assert_allclose(by(w_h).rms, [np.log(np.linalg.norm(p) / 2) for p in powers])


def test_sizes_whose_squares_are_zero_or_infinite_have_norms():
    sizes = jnp.array([1e-30, 1.0, 1e30])[:, None, None]
    logs = log_norm(sizes * jnp.array([[[3.0, 0.0], [0.0, -4.0]]]), 2)
    np.testing.assert_allclose(logs, np.log(5 * np.array([1e-30, 1, 1e30])), rtol=1e-6)
    assert log_norm(jnp.zeros(3), 1) == -np.inf


def test_quantiles_are_over_sequences_and_know_what_has_vanished():
    logs = jnp.array([[[0.0, 1.0], [2.0, 3.0]], [[-jnp.inf] * 2, [-1.0, -2.0]]])
    np.testing.assert_allclose(
        lag_quantiles(logs, (0.0, 0.5, 1.0)).T, [[0, 1.5, 3], [-np.inf, -np.inf, -1]]
    )
    assert np.isnan(lag_quantiles(logs.at[0, 0, 0].set(jnp.nan), (0.5,))[0, 0])


def test_the_plot_has_medians_by_lag_in_powers_of_ten():
    lags = np.arange(5.0)[:, None]
    logs = np.log(10) * (2 - lags * np.array([1.0, 2.0, 9.0]))
    panel = plot_gradient_by_lag({"a": logs, "b": 0 * logs}).axes[0]
    np.testing.assert_allclose(panel.lines[0].get_ydata(), -2 * lags[:, 0], rtol=1e-5)
    assert [line.get_label() for line in panel.lines] == ["a", "b"]
    assert panel.yaxis.get_major_formatter()(-8.0, 0) == "$10^{-8}$"
    with pytest.raises(ValueError, match="there is no curve"):
        plot_gradient_by_lag({})
