"""Time constants against their closed forms and the papers' numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells
from rnnjax.analysis.timescales import bias_times, eigenvalue_times, gate_times, plot_times


def test_time_constants_of_eigenvalues(x64):
    values = jnp.array([0.9, 0.5 * np.exp(0.3j), 1.0, 2.0, 0.0, -0.9])
    found = eigenvalue_times(values)
    np.testing.assert_allclose(found.time_constant[0], 9.491221581029905, rtol=1e-12)
    np.testing.assert_allclose(found.time_constant[1], 1 / np.log(2), rtol=1e-12)
    np.testing.assert_allclose(found.half_life[1], 1, rtol=1e-12)
    np.testing.assert_allclose(found.frequency[1], 0.0477464829275686, rtol=1e-12)
    assert np.isinf(found.time_constant[2])
    np.testing.assert_allclose(found.time_constant[3:5], [-1 / np.log(2), 0], rtol=1e-12)
    np.testing.assert_allclose(found.frequency[5], 0.5)
    half = eigenvalue_times(values, dt=0.5)
    np.testing.assert_allclose(half.time_constant[0], 9.491221581029905 / 2, rtol=1e-12)
    np.testing.assert_allclose(half.frequency[1], 2 * 0.0477464829275686, rtol=1e-12)


def test_a_leaky_units_time_constant_is_half_a_step_short(x64):
    """`1 - 1/T` has `T - 1/2 - 1/(12 T)`."""
    T = jnp.array([10.0, 100.0, 1000.0])
    found = eigenvalue_times(1 - 1 / T).time_constant
    np.testing.assert_allclose(found, T - 1 / 2 - 1 / (12 * T), atol=1e-3)


def test_biases_of_mahto_and_others(x64):
    found = bias_times(jnp.array([0.927320, 1.258692, 4.600166]))
    np.testing.assert_allclose(found.decay, [3, 4, 100], rtol=1e-5)
    f = 1 / (1 + np.exp(-np.array([-30.0, 0.0, 30.0])))
    found = bias_times(jnp.array([-30.0, 0.0, 30.0]))
    np.testing.assert_allclose(found.decay[:2], -1 / np.log(f[:2]), rtol=1e-12)
    np.testing.assert_allclose(found.mean[:2], 1 / (1 - f[:2]), rtol=1e-12)
    np.testing.assert_allclose(found.decay[2], np.exp(30) + 0.5, rtol=1e-14)
    # A gate of single precision is 1 here, and has no time.
    np.testing.assert_allclose(bias_times(jnp.float32(30)).decay, np.exp(30), rtol=1e-6)


@pytest.mark.parametrize("t_max", [3, 100])
def test_chronos_biases_are_uniform_in_time(t_max):
    params = cells.LSTM(20_000, bias_init=cells.Chrono(t_max)).bias_init(
        jax.random.key(0), ("i", "f", "g", "o"), 20_000
    )
    i, f, _, _ = jnp.split(params, 4)
    mean = bias_times(f).mean
    assert 2 <= mean.min() < 2 + 1e-3 * t_max
    assert t_max * (1 - 1e-3) < mean.max() <= t_max * (1 + 1e-6)
    assert float(mean.mean()) == pytest.approx(1 + t_max / 2, rel=0.01)
    np.testing.assert_allclose(np.quantile(mean, 0.25), 2 + (t_max - 2) / 4, rtol=0.02)
    np.testing.assert_array_equal(i, -f)


def test_a_gates_time_is_that_of_its_mean_over_steps_that_count():
    gates = jnp.array([[[0.5], [0.7]], [[0.9], [0.0]]])  # [T, B, H]
    mask = jnp.array([[True, True], [True, False]])
    found = gate_times(gates, mask=mask)
    np.testing.assert_allclose(found.decay, [-1 / np.log(0.7)], rtol=1e-6)
    np.testing.assert_allclose(found.mean, [1 / 0.3], rtol=1e-6)
    np.testing.assert_allclose(gate_times(gates).mean, [1 / (1 - 0.525)], rtol=1e-6)


def test_what_a_constant_gate_holds_falls_to_1_over_e():
    f = np.exp(-1 / 8)
    found = gate_times(jnp.full((5, 1), f))
    assert f ** float(found.decay[0]) == pytest.approx(np.exp(-1), rel=1e-5)


def test_the_plot_has_sorted_times_and_says_what_does_not_fade():
    figure = plot_times({"f": [30.0, 2.0, np.inf, -4.0], "z": [1.0]}, time="s")
    (panel,) = figure.axes
    first, second = panel.lines
    np.testing.assert_allclose(first.get_ydata(), [2, 30])
    np.testing.assert_allclose(first.get_xdata(), [0.125, 0.375])
    assert first.get_label() == "f (2 of 4 do not fade)"
    assert second.get_label() == "z"
    assert (panel.get_ylabel(), panel.get_yscale()) == ("time constant (s)", "log")
    with pytest.raises(ValueError, match="no times"):
        plot_times({})
