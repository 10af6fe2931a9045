import jax
import numpy as np
import pytest

from rnnjax.cells import LRU, Ring, SpectralRadius
from rnnjax.cells.spectra import on_ring, spectral_radius
from tests.laws.draws import normal

KEY = jax.random.key(0)


@pytest.mark.parametrize("size", [1, 2, 7, 60])
@pytest.mark.parametrize("radius", [0.5, 1.25])
def test_the_largest_eigenvalue_has_the_size_asked_for(size, radius):
    w = SpectralRadius(radius)(KEY, (size, size))
    assert np.abs(np.linalg.eigvals(np.asarray(w, float))).max() == pytest.approx(radius, rel=1e-5)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_radius_is_that_of_the_eigenvalues(scale):
    ws = scale * normal(0, (8, 5, 5))
    radii = jax.jit(jax.vmap(spectral_radius))(ws)
    np.testing.assert_allclose(radii, np.abs(np.linalg.eigvals(ws)).max(-1), rtol=1e-4)


@pytest.mark.parametrize("w", [[[0.0, 5.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
def test_a_nilpotent_matrix_has_none(w):
    assert spectral_radius(jax.numpy.asarray(w)) == 0


def test_a_defective_matrix_has_the_radius_of_its_one_eigenvalue():
    w = jax.numpy.asarray([[0.5, 1.0], [0.0, 0.5]])
    assert spectral_radius(w) == pytest.approx(0.5, rel=1e-4)


@pytest.mark.parametrize("size", [100, 101])
def test_eigenvalues_lie_on_the_ring_in_conjugate_pairs(size):
    w = np.asarray(Ring(0.4, 0.8, max_phase=1.0)(KEY, (size, size)), float)
    eigenvalues = np.linalg.eigvals(w)
    sizes, phases = np.abs(eigenvalues), np.abs(np.angle(eigenvalues))
    assert 0.4 - 1e-6 <= sizes.min() < sizes.max() <= 0.8 + 1e-6
    assert phases.max() <= 1.0 + 1e-6
    assert np.sum(eigenvalues.imag > 1e-6) == np.sum(eigenvalues.imag < -1e-6) == 50
    np.testing.assert_allclose(w @ w.T, w.T @ w, atol=1e-6)  # normal: nothing grows for a while


def test_they_lie_evenly_in_area():
    w = Ring(0.5, 1.0, max_phase=2.0)(KEY, (2000, 2000))
    square = np.asarray(w * w).sum(0)[::2]
    phases = np.arctan2(np.diag(w, 1)[::2], np.diag(w)[::2])
    quarters = np.histogram(square, 4, (0.25, 1.0))[0] / 1000
    np.testing.assert_allclose(quarters, 0.25, atol=0.05)
    np.testing.assert_allclose(np.histogram(phases, 4, (0, 2.0))[0] / 1000, 0.25, atol=0.05)


def test_an_lru_starts_with_eigenvalues_of_the_same_draw():
    params = LRU(3, r_min=0.5, r_max=0.9, max_phase=2.0).init(KEY, 1)
    square, phase = on_ring(*jax.random.split(KEY, 7)[:2], 3, 0.5, 0.9, 2.0)
    np.testing.assert_allclose(np.exp(-2 * np.exp(params.nu_log)), square, rtol=1e-5)
    np.testing.assert_allclose(np.exp(params.theta_log), phase, rtol=1e-5)


@pytest.mark.parametrize("fields", [(0.9, 0.5), (-0.1, 0.5), (0.1, 0.5, 0.0), (0.1, np.inf)])
def test_a_ring_that_is_none_is_refused(fields):
    with pytest.raises(ValueError, match="needs 0 <= r_min <= r_max and 0 < max_phase"):
        Ring(*fields)


@pytest.mark.parametrize("initializer", [Ring(), SpectralRadius()])
def test_only_square_matrices_have_eigenvalues(initializer):
    with pytest.raises(ValueError, match=r"makes square matrices; got the shape \(3, 4\)"):
        initializer(KEY, (3, 4))
