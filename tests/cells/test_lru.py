import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LRU
from tests.laws.draws import normal, params_of

XS = normal(1, (6, 2))


def test_the_papers_equations():
    cell = LRU(3)
    params = params_of(cell)
    p = type(params)(*(np.asarray(leaf, float) for leaf in params))
    final, ys = unroll.scan(cell, params, cell.initial_state(params), XS)
    h = np.zeros(3, complex)
    for x_t, y_t in zip(XS.astype(float), ys, strict=True):
        for j in range(3):
            eigenvalue = np.exp(-np.exp(p.nu_log[j]) + 1j * np.exp(p.theta_log[j]))
            drive = sum(x_t[i] * (p.b_re[i, j] + 1j * p.b_im[i, j]) for i in range(2))
            h[j] = eigenvalue * h[j] + np.exp(p.gamma_log[j]) * drive
        expected = [
            sum((h[i] * (p.c_re[i, k] + 1j * p.c_im[i, k])).real for i in range(3))
            + sum(x_t[i] * p.d[i, k] for i in range(2))
            for k in range(3)
        ]
        np.testing.assert_allclose(y_t, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(final.h, h, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("r_min", "r_max", "max_phase"), [(0.9, 0.999, 6.28), (0.0, 0.5, 0.3)])
def test_eigenvalues_start_uniformly_on_the_ring(r_min, r_max, max_phase):
    params = LRU(1000, r_min, r_max, max_phase).init(jax.random.key(0), 1)
    radius, phase = np.exp(-np.exp(params.nu_log)), np.exp(params.theta_log)
    assert r_min - 1e-6 <= radius.min() <= radius.max() <= r_max + 1e-6
    assert 0 < phase.min() <= phase.max() <= max_phase * (1 + 1e-6)
    # Uniform in area: the squared radius is uniform, and so is the phase.
    for numbers, low, high in ((radius**2, r_min**2, r_max**2), (phase, 0, max_phase)):
        grid = np.linspace(0.1, 0.9, 9)
        expected = low + grid * (high - low)
        np.testing.assert_allclose(np.quantile(numbers, grid), expected, atol=0.05 * (high - low))


def test_white_noise_of_unit_size_makes_states_of_unit_size():
    cell = LRU(64, r_min=0.9, r_max=0.99)
    params = cell.init(jax.random.key(0), 32)
    decay, drive = jax.jit(cell.coefficients)(params, normal(3, (4000, 32)))
    size = np.mean(np.abs(drive) ** 2, axis=0) / (1 - np.abs(decay[0]) ** 2)
    assert size.mean() == pytest.approx(1.0, rel=0.1)


@pytest.mark.parametrize(
    "fields", [{"r_max": 1.0}, {"r_min": 0.999}, {"r_min": -0.1}, {"max_phase": 0.0}]
)
def test_a_ring_that_is_none_is_refused(fields):
    with pytest.raises(ValueError, match="needs 0 <= r_min < r_max < 1 and 0 < max_phase"):
        LRU(3, **fields)
