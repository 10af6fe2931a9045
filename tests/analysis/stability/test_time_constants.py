"""Time constants against their closed forms and the papers' numbers."""

import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.analysis import plot_time_constants, time_constants


def test_time_constants_of_eigenvalues(x64):
    values = jnp.array([0.9, 0.5 * np.exp(0.3j), 1.0, 2.0, 0.0, -0.9])
    found = time_constants(values)
    np.testing.assert_allclose(found.tau[0], 9.491221581029905, rtol=1e-12)
    np.testing.assert_allclose(found.tau[1], 1 / np.log(2), rtol=1e-12)
    np.testing.assert_allclose(found.half_life[1], 1, rtol=1e-12)
    np.testing.assert_allclose(found.frequency[1], 0.0477464829275686, rtol=1e-12)
    assert np.isinf(found.tau[2])
    np.testing.assert_allclose(found.tau[3:5], [-1 / np.log(2), 0], rtol=1e-12)
    np.testing.assert_allclose(found.frequency[5], 0.5)
    half = time_constants(values, dt=0.5)
    np.testing.assert_allclose(half.tau[0], 9.491221581029905 / 2, rtol=1e-12)
    np.testing.assert_allclose(half.frequency[1], 2 * 0.0477464829275686, rtol=1e-12)


def test_a_leaky_units_time_constant_is_half_a_step_short(x64):
    """`1 - 1/T` has `T - 1/2 - 1/(12 T)`."""
    T = jnp.array([10.0, 100.0, 1000.0])
    found = time_constants(1 - 1 / T).tau
    np.testing.assert_allclose(found, T - 1 / 2 - 1 / (12 * T), atol=1e-3)


def test_the_plot_has_sorted_times_and_says_what_does_not_fade():
    figure = plot_time_constants({"f": [30.0, 2.0, np.inf, -4.0], "z": [1.0]}, time="s")
    (panel,) = figure.axes
    first, second = panel.lines
    np.testing.assert_allclose(first.get_ydata(), [2, 30])
    np.testing.assert_allclose(first.get_xdata(), [0.125, 0.375])
    assert first.get_label() == "f (2 of 4 do not fade)"
    assert second.get_label() == "z"
    assert (panel.get_ylabel(), panel.get_yscale()) == ("time constant (s)", "log")
    with pytest.raises(ValueError, match="no times"):
        plot_time_constants({})
