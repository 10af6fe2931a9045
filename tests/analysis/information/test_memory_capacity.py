"""Memory capacity against its closed forms for linear networks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.analysis import memory_capacity, plot_memory_capacity

STEPS, WASHOUT = 20_000, 200


def run(a, b, seed=0, steps=STEPS):
    """Runs `s_t = s_{t-1} A + u_t b` and returns states and inputs after the washout."""
    u = np.random.default_rng(seed).normal(size=steps)
    states, s = np.zeros((steps, len(b))), np.zeros(len(b))
    for t in range(steps):
        s = s @ a + u[t] * b
        states[t] = s
    return jnp.asarray(states[WASHOUT:]), jnp.asarray(u[WASHOUT:])


def closed_form(a, b, lags):
    """Returns `(b A^k) Sigma^-1 (b A^k)^T` over lags."""
    controls = [b]
    for _ in range(2000):
        controls.append(controls[-1] @ a)
    sigma = sum(np.outer(c, c) for c in controls)
    return np.array([controls[k] @ np.linalg.solve(sigma, controls[k]) for k in lags])


def test_a_delay_line_remembers_as_many_inputs_as_it_has_units(x64):
    a = np.diag(np.ones(9), 1)
    found = jax.jit(memory_capacity, static_argnums=2)(*run(a, np.eye(10)[0]), range(60))
    np.testing.assert_allclose(found.raw[:10], 1, rtol=1e-10)
    assert found.rank == 10
    # Of the lags beyond it finds 10 / (T - 1) by chance, and on average nothing unbiased.
    chance = 10 / (STEPS - WASHOUT - 59 - 1)
    np.testing.assert_allclose(found.by_chance, chance, rtol=1e-12)
    np.testing.assert_allclose(found.raw[10:].mean(), chance, rtol=0.2)
    assert abs(found.unbiased[10:].mean()) < 0.2 * chance
    np.testing.assert_allclose(found.total, 10, atol=0.01)
    np.testing.assert_allclose(found.significant(), 10, atol=1e-9)


def test_a_leaky_integrator_forgets_as_its_closed_form(x64):
    lags = range(30)
    found = memory_capacity(*run(np.array([[0.9]]), np.ones(1)), lags)
    exact = (1 - 0.81) * 0.81 ** np.arange(30)
    np.testing.assert_allclose(found.unbiased, exact, atol=0.02)
    np.testing.assert_allclose(found.total, exact.sum(), atol=0.05)
    assert found.raw[0] > 0.17
    assert found.raw[5] < 0.09


def test_chance_takes_a_random_network_above_its_bound_and_is_taken_off(x64):
    rng = np.random.default_rng(3)
    a = 0.8 * np.linalg.qr(rng.normal(size=(20, 20)))[0]
    b = rng.normal(size=20)
    found = memory_capacity(*run(a, b), range(151))
    exact = closed_form(a, b, range(151))
    np.testing.assert_allclose(exact.sum(), 20, atol=1e-6)
    assert found.raw.sum() > 20.05  # more than there are units
    np.testing.assert_allclose(found.total, exact.sum(), atol=0.05)
    np.testing.assert_allclose(found.unbiased, exact, atol=0.03)


def test_p_values_of_what_is_unrelated_are_uniform(x64):
    rng = np.random.default_rng(4)
    states, inputs = jnp.asarray(rng.normal(size=(700, 5))), jnp.asarray(rng.normal(size=700))
    p = np.sort(memory_capacity(states, inputs, range(400)).p_values)
    assert np.abs(p - (np.arange(400) + 0.5) / 400).max() < 0.07


def test_a_unit_that_is_constant_and_one_that_is_there_twice_count_for_nothing(x64):
    u = jnp.asarray(np.random.default_rng(5).normal(size=300))
    states = jnp.stack([u, u, jnp.ones(300)], axis=1)
    found = memory_capacity(states, u, range(3))
    assert found.rank == 1
    np.testing.assert_allclose(found.raw[0], 1, rtol=1e-12)


def test_the_figure_shows_what_was_found():
    found = memory_capacity(*run(0.5 * np.eye(2), np.ones(2), steps=600), range(1, 9))
    panel = plot_memory_capacity(found, title="two units").axes[0]
    np.testing.assert_allclose(panel.lines[0].get_ydata(), found.raw, rtol=1e-6)
    np.testing.assert_allclose(panel.lines[1].get_ydata(), found.unbiased, rtol=1e-6)
    shown = len(panel.lines[2].get_xdata()), len(panel.lines[3].get_xdata())
    assert shown == ((found.p_values < 1e-4).sum(), (found.p_values >= 1e-4).sum())


@pytest.mark.parametrize(
    ("states", "inputs", "lags", "error", "message"),
    [
        ((9, 2), (8,), [1], ValueError, r"\(9, 2\) and inputs \(8,\)"),
        ((9, 2), (9,), [-1], ValueError, r"lags .* got \[-1\]"),
        ((9, 2), (9,), [], ValueError, "lags"),
        ((9, 2), (9,), [6], ValueError, r"3 rows are left of states \(9, 2\) after lag 6"),
    ],
)
def test_what_does_not_fit_is_refused(states, inputs, lags, error, message):
    with pytest.raises(error, match=message):
        memory_capacity(jnp.zeros(states), jnp.zeros(inputs), lags)
    with pytest.raises(TypeError, match="real"):
        memory_capacity(jnp.zeros((9, 2), complex), jnp.zeros(9), [1])
