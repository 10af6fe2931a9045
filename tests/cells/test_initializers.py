import jax
import numpy as np
import pytest

from rnnjax.cells import (
    Glorot,
    He,
    Identity,
    LecunNormal,
    Normal,
    Orthogonal,
    TruncatedNormal,
    Uniform,
    UniformByInputs,
    UniformBySize,
)
from rnnjax.cells.initializers import gate_blocks

KEY = jax.random.key(0)


def test_glorot_is_uniform_with_the_papers_bound():
    w = np.asarray(Glorot()(KEY, (300, 200)))
    bound = np.sqrt(6 / (300 + 200))
    assert 0.99 * bound < np.abs(w).max() <= bound
    assert np.var(w) == pytest.approx(bound**2 / 3, rel=0.02)


@pytest.mark.parametrize("shape", [(5, 5), (7, 4), (4, 7)])
def test_orthogonal_keeps_lengths_times_its_scale(shape):
    w = np.asarray(Orthogonal(scale=1.5)(KEY, shape))
    product = w.T @ w if shape[0] >= shape[1] else w @ w.T
    np.testing.assert_allclose(product, 1.5**2 * np.eye(min(shape)), atol=1e-5)


def test_identity_is_that_times_its_scale():
    np.testing.assert_array_equal(Identity(0.5)(KEY, (3, 3)), 0.5 * np.eye(3))


def test_normal_has_its_standard_deviation():
    w = np.asarray(Normal(0.3)(KEY, (300, 200)))
    assert w.std() == pytest.approx(0.3, rel=0.02)
    assert np.abs(w).max() > 3 * 0.3


def test_truncated_normal_is_cut_at_two_deviations_of_the_normal_before_the_cut():
    w = np.asarray(TruncatedNormal(0.3)(KEY, (300, 200)))
    assert 0.59 < np.abs(w).max() <= 0.6
    assert w.std() == pytest.approx(0.3 * 0.8796, rel=0.02)  # of a normal cut at 2


def test_uniform_reaches_its_scale_both_ways():
    w = np.asarray(Uniform(0.3)(KEY, (300, 200)))
    assert -0.3 <= w.min() < -0.299 < 0.299 < w.max() < 0.3
    assert np.var(w) == pytest.approx(0.3**2 / 3, rel=0.02)


def test_lecun_normal_has_the_variance_of_one_over_inputs():
    w = np.asarray(LecunNormal()(KEY, (300, 200)))
    assert w.std() == pytest.approx(300**-0.5, rel=0.02)


def test_he_has_the_variance_of_two_over_inputs():
    w = np.asarray(He()(KEY, (300, 200)))
    assert w.std() == pytest.approx((2 / 300) ** 0.5, rel=0.02)
    assert np.abs(w).max() > 3 * (2 / 300) ** 0.5


@pytest.mark.parametrize(("initializer", "count"), [(UniformByInputs, 300), (UniformBySize, 200)])
def test_uniform_by_inputs_or_size_has_its_bound(initializer, count):
    w = np.asarray(initializer(0.5)(KEY, (300, 200)))
    bound = 0.5 * count**-0.5
    assert -bound <= w.min() < -0.99 * bound < 0.99 * bound < w.max() <= bound


def test_gate_blocks_are_drawn_each_from_its_own_key():
    blocks = np.split(np.asarray(gate_blocks(Normal(1.0), KEY, 4, 3, 2)), 2, axis=1)
    for block, key in zip(blocks, jax.random.split(KEY, 2), strict=True):
        np.testing.assert_array_equal(block, Normal(1.0)(key, (4, 3)))
