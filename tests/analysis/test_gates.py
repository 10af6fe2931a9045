"""Saturation against the normal distribution, and over steps that count."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, compose, unroll
from rnnjax.analysis.gates import Saturation, gate_saturation, plot_gate_saturation
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
