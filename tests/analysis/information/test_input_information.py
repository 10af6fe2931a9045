"""Ridge readouts against explicit refits, and what they find in channels that are known exactly."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.analysis import Recording, decode_classes, decode_inputs, plot_input_information
from rnnjax.analysis.information.ridge import fit_ridge

RNG = np.random.default_rng(0)


def normal(*shape):
    return jnp.asarray(RNG.normal(size=shape))


def test_a_readout_is_that_of_the_normal_equations(x64):
    x, y = RNG.normal(size=(40, 5)) + 3, RNG.normal(size=(2, 40, 3))
    found = fit_ridge(jnp.asarray(x), jnp.asarray(y), [0.1])
    cov = np.cov(x.T, bias=True) * 40
    penalty = 0.1 * np.linalg.eigvalsh(cov)[-1]
    for k in range(2):
        xc, yc = x - x.mean(0), y[k] - y[k].mean(0)
        weights = np.linalg.solve(cov + penalty * np.eye(5), xc.T @ yc)
        np.testing.assert_allclose(found.weights[k], weights, rtol=1e-9)
        np.testing.assert_allclose(found(jnp.asarray(x))[k], xc @ weights + y[k].mean(0), rtol=1e-9)


def test_the_penalty_is_that_of_the_least_generalised_cross_validation(x64):
    x = RNG.normal(size=(30, 12))
    y = x @ RNG.normal(size=(12, 1)) + 2 * RNG.normal(size=(30, 1))
    penalties = [1e-4, 1e-2, 1e-1, 1.0, 10.0]
    xc, yc = x - x.mean(0), y - y.mean(0)
    largest, scores = np.linalg.eigvalsh(xc.T @ xc)[-1], []
    for p in penalties:
        hat = xc @ np.linalg.solve(xc.T @ xc + p * largest * np.eye(12), xc.T)
        rest = np.sum((yc - hat @ yc) ** 2)
        scores.append(rest / (30 - 1 - np.trace(hat)) ** 2)
    assert 0 < np.argmin(scores) < 4  # a choice, not an end of the list
    found = fit_ridge(jnp.asarray(x), jnp.asarray(y)[None], penalties)
    np.testing.assert_allclose(found.penalty[0], penalties[np.argmin(scores)], rtol=1e-12)


def test_a_noisy_copy_has_the_capacity_of_its_gaussian_channel(x64):
    xs = normal(4000, 3, 1)
    states = jnp.concatenate([jnp.roll(xs, 2, axis=0) + 0.5 * normal(4000, 3, 1), xs[::-1]], -1)
    seen = Recording(states[2:], xs[2:])
    train, test = (Recording(*(x[part] for x in seen)) for part in np.s_[:2000, 2010:])
    decode = jax.jit(decode_inputs, static_argnums=2)
    found = decode(train, test, (0, 2, -1))
    np.testing.assert_allclose(found.score[1, 0], 1 / 1.25, atol=0.015)  # signal / (signal + noise)
    np.testing.assert_allclose(found.bits[1, 0], 0.5 * np.log2(1 + 1 / 0.25), atol=0.06)
    assert np.abs(found.score[np.array([0, 2])]).max() < 0.005


def test_many_units_that_say_nothing_are_not_believed(x64):
    seen = Recording(normal(300, 100), normal(300, 1))
    train, test = (Recording(*(x[part] for x in seen)) for part in np.s_[:150, 160:])
    assert abs(decode_inputs(train, test, [0]).score[0, 0]) < 0.1
    unpenalised = fit_ridge(train.states, train.inputs[None], [0.0])
    wrong = ((unpenalised(test.states)[0] - test.inputs) ** 2).sum() / (test.inputs**2).sum()
    assert 1 - wrong < -0.5


def test_classes_through_a_noisy_channel_have_its_mutual_information(x64):
    ids = jnp.asarray(RNG.integers(0, 4, (8000, 2)))
    wrong = jnp.asarray(RNG.random((8000, 2)) < 0.2)
    told = jnp.where(wrong, (ids + RNG.integers(1, 4, ids.shape)) % 4, ids)
    seen = Recording(jax.nn.one_hot(jnp.roll(told, 1, axis=0), 4), ids)
    train, test = (Recording(*(x[part] for x in seen)) for part in np.s_[1:4000, 4001:])
    found = jax.jit(decode_classes, static_argnums=(2, 3))(train, test, (1, 3), 4)
    # A symmetric channel: log2 C - H(e) - e log2(C - 1).
    exact = 2 + 0.8 * np.log2(0.8) + 0.2 * np.log2(0.2) - 0.2 * np.log2(3)
    np.testing.assert_allclose(found.score, [0.8, 0.25], atol=0.02)
    np.testing.assert_allclose(found.bits, [exact, 0], atol=0.03)
    np.testing.assert_allclose(found.chance, 0.25, atol=0.02)
    assert found.bits[1] < 0.002


def test_the_figure_shows_what_was_found():
    seen = Recording(normal(60, 4), normal(60, 2))
    found = decode_inputs(seen, seen, [3, 0])
    figure = plot_input_information(found, title="noise", names=("x", "y"))
    scores, bits = figure.axes
    np.testing.assert_array_equal(scores.lines[0].get_xdata(), [0, 3])
    np.testing.assert_allclose(scores.lines[1].get_ydata(), found.score[::-1, 1])
    np.testing.assert_allclose(bits.lines[0].get_ydata(), found.bits[::-1, 0])


def test_what_does_not_fit_is_refused():
    seen = Recording(jnp.zeros((9, 2)), jnp.zeros((9, 1)))
    with pytest.raises(ValueError, match=r"no step of 9 has .* \[5, -4\]"):
        decode_inputs(seen, seen, [5, -4])
    with pytest.raises(ValueError, match="no step of 9"):
        decode_inputs(seen, seen, [])
    with pytest.raises(ValueError, match=r"states \(9, 2\) and inputs \(8, 1\)"):
        decode_inputs(seen._replace(inputs=jnp.zeros((8, 1))), seen, [0])
    with pytest.raises(ValueError, match=r"x \(9, 2\) and targets \(9, 1\)"):
        fit_ridge(jnp.zeros((9, 2)), jnp.zeros((9, 1)))
