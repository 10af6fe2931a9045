"""Singular values of steps and of products, against closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial

from rnnjax import cells
from rnnjax.analysis import isometry, plot_singular_values, product_log_singular_values
from tests.laws.draws import normal, params_of


def rotations(seed, *shape):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=shape))[0]


def test_a_step_at_rest_has_the_singular_values_of_the_weights(x64):
    w_h = jnp.asarray(normal(0, (5, 5), np.float64))
    found = isometry(
        lambda h, x_t: (jnp.tanh(h @ w_h), h), jnp.zeros((2, 3, 5)), jnp.zeros((2, 3, 1))
    )
    expected = np.linalg.svd(w_h, compute_uv=False)
    np.testing.assert_allclose(found.singular_values, np.tile(expected, (2, 3, 1)), rtol=1e-12)
    np.testing.assert_allclose(found.mean_square, np.sum(np.square(w_h)) / 5, rtol=1e-12)
    fourth = np.trace(np.linalg.matrix_power(w_h @ w_h.T, 2)) / 5
    np.testing.assert_allclose(
        found.variance, fourth - (np.sum(np.square(w_h)) / 5) ** 2, rtol=1e-10
    )


def test_away_from_rest_the_slopes_have_a_part(x64):
    """`chi = g^2 <phi'^2>` of a wide network with independent weights."""
    n, g = 400, 1.3
    cell = cells.Elman(n, recurrent_init=cells.Normal(g / n**0.5))
    params = cell.init(jax.random.key(0), 1)
    state = jax.tree.map(
        lambda leaf: jax.random.normal(jax.random.key(1), leaf.shape), cell.initial_state(params)
    )
    found = isometry(Partial(cell.step, params), state, jnp.zeros(1))
    after, _ = cell.step(params, state, jnp.zeros(1))
    chi = g**2 * float(jnp.mean((1 - after.h**2) ** 2))
    np.testing.assert_allclose(found.mean_square, chi, rtol=0.02)


def test_an_orthogonal_step_is_an_isometry():
    cell = cells.Elman(6, cells.identity, recurrent_init=cells.Orthogonal())
    params = cell.init(jax.random.key(0), 2)
    xs, state = jnp.asarray(normal(1, (30, 4, 2))), cell.initial_state(params, (4,))
    found = isometry(Partial(cell.step, params), state, xs[0])
    np.testing.assert_allclose(found.singular_values, np.ones((4, 6)), rtol=1e-5)
    np.testing.assert_allclose(found.variance, np.zeros(4), atol=1e-9)
    logs = product_log_singular_values(Partial(cell.step, params), state, xs)
    np.testing.assert_allclose(logs, np.zeros((4, 6)), atol=1e-5)


def test_products_have_singular_values_that_the_product_itself_has_lost(x64):
    """`J_t = O_t S O_{t-1}'` with orthogonal `O`: their product has those of `S^T`."""
    steps, n = 300, 5
    O = rotations(0, steps + 1, n, n)
    S = np.diag([1.5, 1.0, 0.9, 0.3, 0.01])
    xs = jnp.asarray(O[1:] @ S @ np.swapaxes(O[:-1], 1, 2)).reshape(steps, n * n)
    step = lambda h, x_t: (x_t.reshape(n, n) @ h, h)  # noqa: E731
    found = product_log_singular_values(step, jnp.ones(n), xs)
    np.testing.assert_allclose(found, steps * np.log(np.diag(S)), rtol=1e-9, atol=1e-9)


def test_a_short_product_has_those_of_the_matrix(x64):
    cell = cells.LSTM(3)
    params = jax.tree.map(lambda p: jnp.asarray(p, jnp.float64), params_of(cell))
    xs = jnp.asarray(normal(1, (4, 2, params.w_x.shape[0]), np.float64))
    state = cell.initial_state(params, (2,))
    found = product_log_singular_values(Partial(cell.step, params), state, xs, sweeps=300)

    def end(vector, row):
        state = type(cell.initial_state(params))(vector[:3], vector[3:])
        for x_t in xs[:, row]:
            state, _ = cell.step(params, state, x_t)
        return jnp.concatenate(state)

    for row in range(2):
        matrix = jax.jacobian(end)(jnp.zeros(6), row)
        expected = np.log(np.linalg.svd(matrix, compute_uv=False))
        np.testing.assert_allclose(found[row], expected, atol=1e-6)


def test_the_plot_has_medians_in_powers_of_ten():
    logs = np.log(10) * np.array([[2.0, 0.0], [3.0, -1.0], [9.0, -np.inf]])
    panel = plot_singular_values({"a": logs, "b": logs[:1]}).axes[0]
    np.testing.assert_allclose(panel.lines[1].get_ydata(), [3.0, -1.0], rtol=1e-6)
    np.testing.assert_allclose(panel.lines[2].get_ydata(), [2.0, 0.0], rtol=1e-6)
    assert panel.lines[0].get_label() == "isometry"
    with pytest.raises(ValueError, match="no singular values"):
        plot_singular_values({})
