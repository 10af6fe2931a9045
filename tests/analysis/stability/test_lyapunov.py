"""Exponents of systems that have them in closed form or in the literature."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial

from rnnjax import cells, compose
from rnnjax.analysis import (
    LyapunovSpectrum,
    entropy_rate,
    kaplan_yorke_dimension,
    lyapunov_spectrum,
    plot_lyapunov_spectrum,
)
from rnnjax.analysis.stability.lyapunov import _run
from tests.laws.draws import normal, params_of


class Lorenz(cells.Cell):
    """One step of the fourth-order Runge-Kutta method; no inputs."""

    output_dim = 3
    dt: float = 0.01

    def init(self, key, input_dim):
        return jnp.array([10.0, 28.0, 8 / 3])

    def initial_state(self, params, batch_shape=()):
        return jnp.ones((*batch_shape, 3))

    def step(self, params, state, x_t):
        def slope(h):
            sigma, rho, beta = params
            x, y, z = h[..., 0], h[..., 1], h[..., 2]
            return jnp.stack([sigma * (y - x), x * (rho - z) - y, x * y - beta * z], -1)

        a = slope(state)
        b = slope(state + self.dt / 2 * a)
        c = slope(state + self.dt / 2 * b)
        d = slope(state + self.dt * c)
        state = state + self.dt / 6 * (a + 2 * b + 2 * c + d)
        return state, state


def nothing(steps, *batch):
    return jnp.zeros((steps, *batch, 0))


def test_lorenz(x64):
    cell = Lorenz()
    step = Partial(cell.step, cell.init(None, 1))
    found = lyapunov_spectrum(
        step, jnp.ones(3), nothing(42_000), transient=2000, every=10, dt=cell.dt
    )
    np.testing.assert_allclose(found.exponents, [0.9056, 0, -14.5723], atol=0.02)
    assert found.exponents.sum() == pytest.approx(-(10 + 1 + 8 / 3), abs=3e-4)
    assert kaplan_yorke_dimension(found.exponents) == pytest.approx(2.0621, abs=0.002)
    assert abs(found.exponents[0] - 0.9056) < 3 * found.standard_errors[0] < 0.05


def test_the_logistic_map_has_ln_2_and_the_error_that_it_is_said_to_have(x64):
    def step(h, x_t):
        return 4 * h * (1 - h), None

    starts = jnp.asarray(np.random.default_rng(0).uniform(0.1, 0.4, (20, 1)))
    found = lyapunov_spectrum(step, starts, nothing(4000, 20), transient=100)
    assert found.exponents.shape == (20, 1)
    assert float(found.exponents.mean()) == pytest.approx(np.log(2), abs=1e-3)
    errors = np.abs(found.exponents - np.log(2)) / found.standard_errors
    assert 0 < errors.mean() < 2
    assert errors.max() < 6


def test_the_cat_map(x64):
    cat = jnp.array([[2.0, 1.0], [1.0, 1.0]])
    found = lyapunov_spectrum(
        lambda h, x_t: ((cat @ h) % 1.0, None), jnp.array([0.1, 0.2]), nothing(400), transient=40
    )
    exact = np.log((3 + 5**0.5) / 2)
    np.testing.assert_allclose(found.exponents, [exact, -exact], rtol=1e-12)
    np.testing.assert_allclose(found.standard_errors, 0, atol=1e-12)


def test_henon(x64):
    def step(h, x_t):
        return jnp.stack([1 - 1.4 * h[0] ** 2 + h[1], 0.3 * h[0]]), None

    found = lyapunov_spectrum(step, jnp.zeros(2), nothing(20_000), transient=200, every=2)
    np.testing.assert_allclose(found.exponents, [0.4192, -1.6232], atol=0.01)
    assert found.exponents.sum() == pytest.approx(np.log(0.3), rel=1e-12)
    assert kaplan_yorke_dimension(found.exponents) == pytest.approx(1.258, abs=0.01)


@pytest.mark.parametrize("every", [1, 3])
def test_a_linear_map_has_the_logarithms_of_its_eigenvalues(x64, every):
    rng = np.random.default_rng(0)
    values, basis = np.array([1.1, -0.9, 0.5, 0.1]), rng.normal(size=(4, 4))
    w_h = jnp.asarray(basis @ np.diag(values) @ np.linalg.inv(basis))
    step = lambda h, x_t: (h @ w_h, h)  # noqa: E731
    # 311 steps: some at the start fill no block of turns of 3.
    found = lyapunov_spectrum(step, jnp.ones(4), nothing(311), transient=100, every=every)
    np.testing.assert_allclose(found.exponents, np.log(np.abs(values)), atol=1e-6)
    two = lyapunov_spectrum(step, jnp.ones(4), nothing(311), k=2, transient=100, every=every)
    np.testing.assert_allclose(two.exponents, np.log(np.abs(values[:2])), atol=1e-6)


def test_an_orthogonal_cell_has_zeros():
    cell = cells.Elman(6, cells.identity, recurrent_init=cells.Orthogonal())
    step = Partial(cell.step, cell.init(jax.random.key(0), 2))
    xs = jnp.asarray(normal(1, (200, 2)))
    found = lyapunov_spectrum(step, cell.initial_state(step.args[0]), xs)
    np.testing.assert_allclose(found.exponents, np.zeros(6), atol=1e-6)


def test_complex_states_have_each_exponent_twice(x64):
    cell = compose.Stack((cells.LRU(2),))
    params = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), params_of(cells.LRU(2)))
    decay, _ = cells.LRU(2).coefficients(params, jnp.zeros(params.b_re.shape[0]))
    step = functools.partial(cell.step, (params,))
    state = cell.initial_state((params,), (3,))
    found = lyapunov_spectrum(step, state, jnp.ones((600, 3, params.b_re.shape[0])), transient=400)
    expected = np.sort(np.repeat(np.log(np.abs(decay)), 2))[::-1]
    np.testing.assert_allclose(found.exponents, np.tile(expected, (3, 1)), atol=1e-3)


def test_random_networks_have_the_exponent_of_mean_field_theory():
    """`h' = tanh(h) J`: `q = g^2 <tanh^2>` and `lambda = ln(g^2 <sech^4>) / 2` over N(0, q)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(201)
    weights = weights / weights.sum()
    for g, own in ((1.5, 0.0652), (2.0, 0.1539)):
        q = 1.0
        for _ in range(2000):
            q = g**2 * weights @ np.tanh(np.sqrt(q) * nodes) ** 2
        theory = 0.5 * np.log(g**2 * weights @ np.cosh(np.sqrt(q) * nodes) ** -4)
        assert theory == pytest.approx(own, abs=0.006)
        cell = cells.Elman(500, recurrent_init=cells.Normal(g / 500**0.5))
        step = Partial(cell.step, cell.init(jax.random.key(0), 1))
        state = cells.GatedState(jax.random.normal(jax.random.key(1), (500,)))
        state = cell.initial_state(step.args[0])._replace(h=state.h)
        found = lyapunov_spectrum(step, state, jnp.zeros((1000, 1)), k=1, transient=200)
        assert float(found.exponents[0]) == pytest.approx(theory, abs=0.015)


def test_below_a_gain_of_one_they_are_those_of_the_weights(x64):
    w_h = jnp.asarray(0.8 * np.random.default_rng(0).normal(size=(20, 20)) / 20**0.5)
    found = lyapunov_spectrum(
        lambda h, x_t: (jnp.tanh(h @ w_h), None), jnp.ones(20), nothing(3000), transient=1000
    )
    expected = np.sort(np.log(np.abs(np.linalg.eigvals(w_h))))[::-1]
    np.testing.assert_allclose(found.exponents, expected, atol=5e-3)
    assert found.exponents.sum() == pytest.approx(np.linalg.slogdet(w_h)[1], abs=1e-6)


def test_fresh_gaussian_jacobians_have_newmans_exponents():
    """Newman (1986): `lambda_i = ln(sigma) + (ln(2 / n) + digamma((n - i + 1) / 2)) / 2`."""
    from scipy.special import digamma

    n, sigma = 8, 1.5
    xs = sigma / n**0.5 * jax.random.normal(jax.random.key(0), (6000, n * n))

    def step(h, x_t):
        direction = h - jax.lax.stop_gradient(h)  # zero, so that h stays where it is
        return x_t.reshape(n, n) @ direction, None

    found = lyapunov_spectrum(step, jnp.zeros(n), xs)
    i = np.arange(1, n + 1)
    exact = np.log(sigma) + (np.log(2 / n) + digamma((n - i + 1) / 2)) / 2
    np.testing.assert_allclose(found.exponents, exact, atol=0.04)
    assert np.all(np.abs(found.exponents - exact) < 5 * found.standard_errors)


def test_sums_are_compensated():
    """Half a million equal terms, of which single precision alone makes 0.1055 a step."""
    factor = np.float32(0.9)
    found = lyapunov_spectrum(
        lambda h, x_t: (factor * h, None), jnp.ones(1), nothing(1_000_000), blocks=2
    )
    np.testing.assert_allclose(found.exponents, np.log(float(factor)), rtol=3e-7)


def test_a_singular_jacobian_has_minus_infinity():
    found = lyapunov_spectrum(
        lambda h, x_t: (jnp.array([0.5, 0.0]) * h, None), jnp.ones(2), nothing(60), transient=20
    )
    np.testing.assert_allclose(found.exponents, [np.log(0.5), -np.inf], rtol=1e-6)


def test_other_parameters_need_no_other_program():
    cell, xs = cells.GRU(3), jnp.ones((40, 2))
    params = params_of(cell)
    state = cell.initial_state(params)
    before = _run._cache_size()
    for scale in (1.0, 0.5, 2.0):
        step = Partial(cell.step, jax.tree.map(lambda p, s=scale: s * p, params))
        lyapunov_spectrum(step, state, xs)
    assert _run._cache_size() == before + 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 3}, "k must be from 1 to the 2 numbers of the state; got 3"),
        ({"transient": 95}, "100 steps do not hold a transient of 95 and 10 blocks"),
        ({"blocks": 1}, "1 blocks, 2 or more"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        lyapunov_spectrum(lambda h, x_t: (h, None), jnp.ones(2), nothing(100), **options)


def test_the_dimension_of_kaplan_and_yorke(x64):
    dimension = kaplan_yorke_dimension
    assert dimension(jnp.array([0.9056, 0, -14.5723])) == pytest.approx(2.0621453030750, rel=1e-12)
    table = jnp.array([[0.5, -1], [-1, 0.5], [-0.1, -1], [0.1, 0], [0.5, -jnp.inf], [0, -1]])
    np.testing.assert_allclose(dimension(table), [1.5, 1.5, 0, 2, 1, 1])
    # The fourth would need more than the two largest of three.
    np.testing.assert_allclose(dimension(table, 3), [1.5, 1.5, 0, np.nan, 1, 1])
    np.testing.assert_allclose(jax.jit(entropy_rate)(table), [0.5, 0.5, 0, 0.1, 0.5, 0])
    with pytest.raises(ValueError, match="a state of 1 numbers has no 2 exponents"):
        dimension(table, 1)


def test_the_plot_has_the_numbers():
    blocks = jnp.asarray(normal(0, (4, 3)))
    spectrum = LyapunovSpectrum(blocks.mean(0), jnp.full(3, 0.1), blocks)
    figure = plot_lyapunov_spectrum(spectrum, time="s")
    left, right = figure.axes
    np.testing.assert_allclose(left.lines[0].get_ydata(), spectrum.exponents)
    assert left.get_ylabel() == "exponent (nats / s)"
    np.testing.assert_allclose(right.lines[1].get_ydata()[-1], spectrum.exponents[1], rtol=1e-6)
    with pytest.raises(ValueError, match=r"one trajectory are \[k\]; got \(2, 3\)"):
        plot_lyapunov_spectrum(spectrum._replace(exponents=jnp.zeros((2, 3))))
