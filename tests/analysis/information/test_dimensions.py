"""Dimensions against closed forms, and the unbiased ones against means over all choices of rows."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.analysis import dimensions, plot_dimensions
from rnnjax.analysis.information.dimensions import unbiased_traces


def along_axes(*variances):
    """Returns rows whose covariance has exactly these eigenvalues, in a turned frame."""
    n = len(variances)
    x = np.concatenate([np.diag(np.sqrt(variances)), -np.diag(np.sqrt(variances))])
    x *= np.sqrt((2 * n - 1) / 2)
    return jnp.asarray(x @ np.linalg.qr(np.random.default_rng(1).normal(size=(n, n)))[0] + 3)


def test_the_counts_are_their_closed_forms(x64):
    found = jax.jit(dimensions)(along_axes(4.0, 1.0, 1.0))
    np.testing.assert_allclose(found.variances, [4, 1, 1], rtol=1e-12)
    np.testing.assert_allclose(found.participation_ratio, 2, rtol=1e-12)
    p = np.array([4, 1, 1]) / 6
    np.testing.assert_allclose(found.entropy, np.exp(-(p * np.log(p)).sum()), rtol=1e-12)
    assert [int(found.components(share)) for share in (0.6, 0.7, 1.0)] == [1, 2, 3]
    equal, one = dimensions(along_axes(*[2.0] * 5)), dimensions(along_axes(3.0, 0.0, 0.0))
    np.testing.assert_allclose([equal.participation_ratio, equal.entropy], 5, rtol=1e-12)
    np.testing.assert_allclose([one.participation_ratio, one.entropy], 1, rtol=1e-12)


def test_white_noise_has_the_ratio_of_its_rows_and_columns(x64):
    x = jnp.asarray(np.random.default_rng(0).normal(size=(50, 4, 100)))
    found = dimensions(x)
    np.testing.assert_allclose(found.participation_ratio, 1 / (1 / 100 + 1 / 200), rtol=0.02)
    np.testing.assert_allclose(found.unbiased, 100, rtol=0.05)


def test_fewer_rows_than_columns_are_the_same_spectrum(x64):
    x = np.random.default_rng(2).normal(size=(6, 9))
    found = dimensions(jnp.asarray(x))
    exact = np.linalg.eigvalsh(np.cov(x.T))[::-1]
    np.testing.assert_allclose(found.variances, exact, atol=1e-12)
    np.testing.assert_allclose(
        found.participation_ratio, exact.sum() ** 2 / (exact**2).sum(), rtol=1e-12
    )


def test_unbiased_traces_are_means_over_all_choices_of_four_rows(x64):
    x = np.random.default_rng(3).normal(size=(7, 3)) ** 3
    apart, crossed = [], []
    for i, j, k, l in itertools.permutations(range(7), 4):
        apart.append(((x[i] - x[j]) ** 2).sum() * ((x[k] - x[l]) ** 2).sum() / 4)
        crossed.append((x[i] - x[j]) @ (x[k] - x[l]))
    found = unbiased_traces(jnp.asarray(x))
    np.testing.assert_allclose(found[0], np.mean(apart), rtol=1e-10)
    np.testing.assert_allclose(found[1], np.mean(np.square(crossed)) / 4, rtol=1e-10)
    wide = jnp.asarray(np.concatenate([x, np.zeros((7, 9))], 1))  # by the other matrix
    np.testing.assert_allclose(unbiased_traces(wide), found, rtol=1e-10)


def test_unbiased_traces_are_right_on_average_for_few_rows(x64):
    variances = np.array([4.0, 1.0, 1.0, 0.5])
    draws = np.random.default_rng(4).exponential(size=(20_000, 8, 4)) * np.sqrt(variances)
    found = np.asarray(jax.jit(jax.vmap(unbiased_traces))(jnp.asarray(draws)))
    errors = found.mean(1) - [variances.sum() ** 2, (variances**2).sum()]
    assert (np.abs(errors) < 4 * found.std(1) / np.sqrt(20_000)).all()
    plain = np.mean([np.trace(np.cov(x.T) @ np.cov(x.T)) for x in draws[:2000]])
    assert plain > 1.3 * (variances**2).sum()


def test_the_figure_shows_what_was_found():
    found = dimensions(along_axes(4.0, 1.0, 1.0))
    spectrum, together = plot_dimensions(found, title="three").axes
    np.testing.assert_allclose(spectrum.lines[0].get_ydata(), [4 / 6, 1 / 6, 1 / 6], rtol=1e-5)
    np.testing.assert_allclose(together.lines[0].get_ydata(), [4 / 6, 5 / 6, 1], rtol=1e-5)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"\(3, 5\) are 3 rows"):
        dimensions(jnp.zeros((3, 5)))
    with pytest.raises(ValueError, match=r"states must be \[..., N\].* got \(5,\)"):
        dimensions(jnp.zeros(5))
    with pytest.raises(TypeError, match="states must be real"):
        dimensions(jnp.zeros((5, 5), complex))
