"""Saturation against the normal distribution, and over steps that count."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, compose, unroll
from rnnjax.analysis import (
    Saturation,
    bias_times,
    gate_saturation,
    gate_times,
    plot_gate_saturation,
)
from rnnjax.cells.gated.lstm import LSTMParams


def normal_cdf(x):
    return 0.5 * (1 + math.erf(x / 2**0.5))


def test_gates_of_normal_preactivations_have_the_parts_of_the_normal_distribution():
    """Shut where the preactivation is below `logit 0.1 = -2.1972`, in an LSTM run by its engine."""
    cell = compose.with_states(cells.LSTM(2, gate_activation=cells.sigmoid))
    w_x = jnp.zeros((1, 8)).at[0].set(jnp.repeat(jnp.array([1.0, 2.0, 1.0, 0.0]), 2))
    b = jnp.repeat(jnp.array([0.0, 1.0, 0.0, 3.0]), 2)
    params = LSTMParams(w_x, jnp.zeros((2, 8)), b)
    xs = jax.random.normal(jax.random.key(0), (1000, 40, 1))
    _, seen = unroll.scan(cell, params, cell.initial_state(params, (40,)), xs)
    found = gate_saturation(seen.gates._replace(g=None))
    logit = math.log(9)
    for name, mean, deviation in (("i", 0, 1), ("f", 1, 2)):
        left = normal_cdf((-logit - mean) / deviation)
        right = 1 - normal_cdf((logit - mean) / deviation)
        for part, exact in ((found.left, left), (found.right, right)):
            error = 4 * (exact * (1 - exact) / 40_000) ** 0.5
            np.testing.assert_allclose(getattr(part, name), [exact] * 2, atol=error)
    assert normal_cdf(-logit) == pytest.approx(0.0140022, abs=1e-7)
    np.testing.assert_array_equal(found.right.o, [1, 1])
    np.testing.assert_array_equal(found.left.o, [0, 0])
    np.testing.assert_allclose(found.mean.o, [1 / (1 + math.exp(-3))] * 2, rtol=1e-5)
    assert found.left.g is None


def test_masked_steps_do_not_count_and_bounds_are_those_given():
    gates = {"z": jnp.array([[[0.0, 0.3]], [[1.0, 0.3]], [[1.0, 0.7]]])}
    mask = jnp.array([[True], [True], [False]])
    found = jax.jit(gate_saturation)(gates, mask=mask)
    np.testing.assert_allclose(found.left["z"], [0.5, 0])
    np.testing.assert_allclose(found.right["z"], [0.5, 0])
    np.testing.assert_allclose(found.mean["z"], [0.5, 0.3], rtol=1e-6)
    other = gate_saturation(gates, low=0.4, high=0.6)
    np.testing.assert_allclose(other.left["z"], [1 / 3, 2 / 3], rtol=1e-6)
    np.testing.assert_allclose(other.right["z"], [2 / 3, 1 / 3], rtol=1e-6)
    with pytest.raises(ValueError, match=r"low must be less than high; got 0.6 and 0.4"):
        gate_saturation(gates, low=0.6, high=0.4)


def test_the_plot_has_a_panel_a_gate_of_each_layer():
    left = ({"f": jnp.array([0.1, 0.2])}, {"r": jnp.array([0.3]), "z": jnp.array([0.4])})
    right = jax.tree.map(lambda x: x + 0.25, left)
    figure = plot_gate_saturation(Saturation(left, right, left))
    titles = [panel.get_title(loc="left") for panel in figure.axes]
    assert titles == ["layer 1, f", "layer 2, r", "layer 2, z"]
    points = figure.axes[0].lines[1]
    np.testing.assert_allclose(points.get_ydata(), [0.1, 0.2])
    np.testing.assert_allclose(points.get_xdata(), [0.35, 0.45])
    with pytest.raises(ValueError, match="no gates"):
        plot_gate_saturation(Saturation((), (), ()))


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
