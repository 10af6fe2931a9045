"""Saliency against closed forms of a linear network, and what contributions must add up to."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, unroll
from rnnjax.analysis import integrated_gradients, plot_saliency, saliency, smooth_gradient
from tests.laws.draws import B, D, T, normal

CELL = cells.Elman(4)
LINEAR = cells.Elman(4, activation=lambda x: x)


@pytest.fixture
def weights(x64):
    params = CELL.init(jax.random.key(0), D)
    return jax.tree.map(lambda p: jnp.asarray(0.9 * normal(2, p.shape, np.float64)), params)


def last_output(cell, params):
    def function(xs):
        state = cell.initial_state(params, (xs.shape[1],))
        state = jax.tree.map(lambda s: s.astype(xs.dtype), state)
        return unroll.scan(cell, params, state, xs)[1][-1].sum(-1)

    return function


def test_the_gradient_of_a_linear_network_is_a_product_of_its_weights(weights):
    xs = jnp.asarray(normal(3, (T, B, D), np.float64))
    found = jax.jit(saliency, static_argnums=0)(last_output(LINEAR, weights), xs)
    w_x, w_h = np.asarray(weights.w_x), np.asarray(weights.w_h)
    for t in range(T):
        exact = w_x @ np.linalg.matrix_power(w_h, T - 1 - t) @ np.ones(4)
        for b in range(B):
            np.testing.assert_allclose(found.gradient[t, b], exact, rtol=1e-9)
            np.testing.assert_allclose(found.times_input[t, b], exact * xs[t, b], rtol=1e-9)
            np.testing.assert_allclose(found.profile[t, b], np.linalg.norm(exact), rtol=1e-9)


def test_integrated_gradients_of_a_linear_network_are_exact_in_one_step(weights):
    xs, start = jnp.asarray(normal(4, (2, T, B, D), np.float64))
    function = last_output(LINEAR, weights)
    found = integrated_gradients(function, xs, start, steps=1)
    exact = saliency(function, xs).gradient * (xs - start)
    np.testing.assert_allclose(found.attributions, exact, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.gap, np.zeros(B), atol=1e-9)


def test_contributions_add_up_as_the_square_of_the_steps(weights):
    xs = jnp.asarray(normal(5, (6, B, D), np.float64))
    function = last_output(CELL, weights)
    gaps = []
    for steps in (50, 100, 200):
        found = integrated_gradients(function, xs, 0.1, steps=steps)
        total = function(xs) - function(jnp.full_like(xs, 0.1))
        np.testing.assert_allclose(
            found.attributions.sum((0, -1)) + found.gap, total, rtol=1e-10, atol=1e-12
        )
        gaps.append(np.abs(found.gap))
    assert (gaps[2] < 1e-3 * (1 + np.abs(total))).all()
    np.testing.assert_allclose(gaps[1] / gaps[2], 4, rtol=0.05)
    assert not np.allclose(found.attributions, (xs - 0.1) * saliency(function, xs).gradient)


def test_smooth_gradients_are_of_the_function_that_noise_blurs(x64):
    # E max(x + s e, 0) has the slope Phi(x / s).
    xs = jnp.array([-1.0, 0.0, 0.5])[:, None, None]
    found = smooth_gradient(
        lambda xs: jnp.maximum(xs, 0).sum((0, 2)), xs, jax.random.key(0), 0.5, 4000
    )
    np.testing.assert_allclose(found.ravel(), jax.scipy.stats.norm.cdf(xs.ravel() / 0.5), atol=0.03)
    smooth = smooth_gradient(lambda xs: 3 * xs.sum((0, 2)), xs, jax.random.key(0), 0.5, 10)
    np.testing.assert_allclose(smooth, 3, rtol=1e-12)


def test_the_figure_shows_what_was_found():
    values = normal(0, (6, 3))
    symbols = list("a$b c\n")
    figure = plot_saliency(jnp.asarray(values), title="a sequence", symbols=symbols)
    heat, sums = figure.axes[:2]
    np.testing.assert_allclose(heat.images[0].get_array(), values.T, rtol=1e-6)
    low, high = heat.images[0].get_clim()
    assert low == -high == -np.abs(values).max()
    heights = [bar.get_height() for bar in sums.patches]
    np.testing.assert_allclose(heights, values.sum(1), rtol=1e-5)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"number a sequence, \(2,\); got \(\)"):
        saliency(jnp.sum, jnp.ones((5, 2, 3)))
    with pytest.raises(ValueError, match="steps must be 1 or more"):
        integrated_gradients(jnp.sum, jnp.ones((5, 3)), steps=0)
