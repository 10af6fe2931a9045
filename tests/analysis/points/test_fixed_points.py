"""Fixed and slow points of maps whose points are known."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.analysis import descend, fixed_points, kinetic_energy, linearize, polish

ROOT = 0.9575040240772688  # of h = tanh(2 h)

pytestmark = pytest.mark.usefixtures("x64")


def double_tanh(h):
    return jnp.tanh(2 * h)


def ghost(h):
    return h + 0.1 + h**2


def test_the_energy_is_half_the_squared_speed():
    assert kinetic_energy(double_tanh, jnp.array([[0.5]]))[0] == pytest.approx(0.03421575121510)
    assert kinetic_energy(ghost, jnp.zeros((1, 1)))[0] == pytest.approx(0.005)


def test_each_point_of_a_product_of_three_maps_is_found_to_the_last_digits():
    starts = jax.random.uniform(jax.random.key(0), (400, 3), minval=-1.5, maxval=1.5)
    found = fixed_points(double_tanh, starts)
    wanted = sorted(itertools.product((-ROOT, 0.0, ROOT), repeat=3))
    assert found.fixed.all()
    assert found.counts.sum() == 400
    np.testing.assert_allclose(sorted(found.points.round(9).tolist()), wanted, atol=1e-8)
    near = linearize(double_tanh, found.points)
    zeros = (np.abs(found.points) < 0.1).sum(-1)
    assert near.unstable.tolist() == zeros.tolist()
    assert np.bincount(near.unstable).tolist() == [8, 12, 6, 1]
    slopes = np.sort(near.eigenvalues.real, axis=-1)
    for count, own in zip(zeros, slopes, strict=True):
        wanted = [0.16637208775167] * (3 - count) + [2.0] * count
        np.testing.assert_allclose(own, wanted, rtol=1e-9)


def test_a_ghost_is_a_slow_point_and_only_where_slow_points_are_asked_for():
    starts = jnp.linspace(-1, 1, 30)[:, None]
    found = fixed_points(ghost, starts, slow=1.0)
    assert found.points.shape == (1, 1)
    assert not found.fixed[0]
    assert found.points[0, 0] == pytest.approx(0, abs=1e-6)
    assert found.q[0] == pytest.approx(0.005, abs=1e-12)
    assert linearize(ghost, found.points).residuals[0, 0] == pytest.approx(0.1)
    assert len(fixed_points(ghost, starts).points) == 0


def test_a_linear_map_has_one_point_and_newton_needs_a_step():
    a = 0.3 * jax.random.normal(jax.random.key(0), (5, 5))
    wanted = np.linalg.solve(np.eye(5) - np.asarray(a).T, np.ones(5))
    starts = jax.random.normal(jax.random.key(1), (20, 5))
    found = fixed_points(lambda h: h @ a + 1, starts)
    assert found.counts.tolist() == [20]
    np.testing.assert_allclose(found.points[0], wanted, rtol=1e-10)


def test_newton_converges_quadratically_to_a_saddle():
    errors = [float(polish(double_tanh, jnp.array([[0.1]]), updates=k)[0][0, 0]) for k in range(5)]
    assert errors[0] == 0.1
    for before, after in itertools.pairwise(errors):
        assert abs(after) < 3 * before**2 + 1e-30
    assert abs(errors[-1]) < 1e-12


def test_the_slope_of_the_speed_is_that_of_differences():
    h, slope = polish(ghost, jnp.array([[0.3]]), updates=0)
    assert h[0, 0] == 0.3
    assert slope[0] == pytest.approx(0.6)  # |F(h) - h| = 0.1 + h^2


def test_points_of_a_line_do_not_slide_along_it():
    w = jnp.array([[1.0, 0.3], [0.0, 0.5]])  # h_2 = 0.6 h_1 stays
    starts = jax.random.normal(jax.random.key(0), (20, 2))
    h, _ = polish(lambda h: h @ w, starts)
    np.testing.assert_allclose(h[:, 1], 0.6 * h[:, 0], atol=1e-12)
    normal = np.array([0.6, -1.0]) / np.hypot(0.6, 1.0)
    moved = np.asarray(h - starts)
    np.testing.assert_allclose(moved, (moved @ normal)[:, None] * normal, atol=1e-12)


def test_a_step_longer_than_the_reach_is_not_taken():
    h, _ = polish(lambda h: 0.5 * h + 10, jnp.zeros((1, 1)), reach=1.0, updates=3)
    assert abs(float(h[0, 0])) < 3.1
    assert polish(lambda h: 0.5 * h + 10, jnp.zeros((1, 1)))[0][0, 0] == pytest.approx(20)


def test_descent_stays_in_the_basin_of_q_and_does_not_mix_starts():
    starts = jnp.array([[0.8], [-0.9], [0.3]])
    alone = [descend(double_tanh, start[None])[0] for start in starts]
    np.testing.assert_allclose(descend(double_tanh, starts), jnp.stack(alone), atol=1e-12)
    # Between the points |F(h) - h| is greatest where F' = 1, at 0.44: from 0.3 it falls to 0.
    np.testing.assert_allclose(jnp.stack(alone).ravel(), [ROOT, -ROOT, 0], atol=1e-3)


def test_nearly_equal_points_are_one_and_the_least_q_is_kept():
    starts = jnp.array([[0.9], [1.0], [-1.0]])
    found = fixed_points(double_tanh, starts, unique=3.0)
    assert found.counts.tolist() == [3]
    apart = fixed_points(double_tanh, starts)
    assert sorted(apart.counts.tolist()) == [1, 2]
    assert found.q[0] == apart.q.min()


def test_a_point_far_from_all_starts_is_dropped():
    def step(h):
        return 0.5 * h + 1  # rests at 2

    near = jnp.array([[1.98], [1.99], [2.02]])
    assert fixed_points(step, near).points.ravel().tolist() == pytest.approx([2.0])
    far = jnp.array([[0.0], [0.001], [-0.001]])
    assert len(fixed_points(step, far, learning_rate=0.3).points) == 0


def test_starts_are_a_table():
    with pytest.raises(ValueError, match=r"starts are \[S, N\].*got \(3,\)"):
        fixed_points(double_tanh, jnp.zeros(3))


def test_single_precision_finds_them_too():
    with jax.enable_x64(False):
        found = fixed_points(double_tanh, jnp.linspace(-1, 1, 20, dtype=jnp.float32)[:, None])
    assert found.points.dtype == np.float32
    np.testing.assert_allclose(sorted(found.points.ravel()), [-ROOT, 0, ROOT], atol=1e-6)
