"""Eigenvectors, time constants and growth against closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.analysis import (
    FixedPoints,
    count_kinds,
    henrici_departure,
    kinds_of,
    linearize,
    principal_components,
    transient_growth,
    unstable_directions,
)

pytestmark = pytest.mark.usefixtures("x64")


def test_left_and_right_eigenvectors_are_each_other_s_inverses():
    a = jax.random.normal(jax.random.key(0), (4, 4))
    near = linearize(lambda h: h @ a, jnp.ones((3, 4)))
    np.testing.assert_allclose(
        near.left @ near.right, np.broadcast_to(np.eye(4), (3, 4, 4)), atol=1e-13
    )
    back = (near.right * near.eigenvalues[:, None]) @ near.left
    np.testing.assert_allclose(back, [a.T] * 3, atol=1e-13)
    wanted = np.linalg.eigvals(np.asarray(a))
    np.testing.assert_allclose(
        np.sort_complex(near.eigenvalues[0]), np.sort_complex(wanted), atol=1e-12
    )
    assert (np.diff(np.abs(near.eigenvalues)) < 1e-12).all()
    np.testing.assert_allclose(near.residuals, jnp.ones((3, 4)) @ a - 1, atol=1e-14)


def test_a_mode_s_amplitude_grows_by_its_eigenvalue():
    a = jax.random.normal(jax.random.key(1), (5, 5))
    near, d = linearize(lambda h: h @ a, jnp.zeros((1, 5))), np.arange(5.0)
    amplitudes = near.left[0] @ d
    after = near.left[0] @ np.linalg.matrix_power(near.jacobians[0], 3) @ d
    np.testing.assert_allclose(after, near.eigenvalues[0] ** 3 * amplitudes, atol=1e-10)


def test_of_a_jacobian_without_a_basis_there_are_no_left_vectors():
    near = linearize(lambda h: h @ jnp.array([[1.0, 0.0], [1.0, 1.0]]), jnp.zeros((1, 2)))
    assert np.isnan(near.left).all()
    np.testing.assert_allclose(near.eigenvalues, 1)


def test_points_are_named_by_their_directions():
    points = np.array([[0.0, 0.0], [0.5, 0.0]])
    found = FixedPoints(points, np.zeros(2), np.ones(2, int), np.array([True, False]))
    near = linearize(lambda h: h @ jnp.diag(jnp.array([3.0, 2.0])), points)
    assert kinds_of(found, near) == ["saddle, 2 unstable", "slow point"]
    assert count_kinds(["saddle, 2 unstable", "stable", "saddle, 10 unstable"]) == {
        "stable": 1,
        "saddle, 2 unstable": 1,
        "saddle, 10 unstable": 1,
    }


def test_a_growing_turn_has_a_plane_and_a_decaying_one_none():
    turn = jnp.array([[0.0, 1.0], [-1.0, 0.0]])
    w = jax.scipy.linalg.block_diag(1.5 * turn, 0.5 * turn, jnp.array([[-2.0]]))
    near = linearize(lambda h: h @ w, jnp.zeros((1, 5)))
    rows = unstable_directions(near, 0)
    assert near.unstable.tolist() == [3]
    assert rows.shape == (3, 5)
    np.testing.assert_allclose(np.abs(rows[0]), [0, 0, 0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(rows[1:, 2:], 0, atol=1e-12)
    assert np.linalg.matrix_rank(rows[1:, :2]) == 2


def test_normal_matrices_have_no_departure_and_do_not_grow():
    a = np.asarray(jax.random.normal(jax.random.key(2), (4, 4)))
    orthogonal = np.linalg.qr(a)[0]
    np.testing.assert_allclose(henrici_departure(orthogonal), 0, atol=1e-6)
    np.testing.assert_allclose(transient_growth(orthogonal, 5), 1)
    j = np.array([[0.9, 5.0], [0.0, 0.9]])
    assert henrici_departure(j) == pytest.approx(5)
    powers = [np.linalg.svd(np.linalg.matrix_power(j, k))[1][0] for k in range(8)]
    np.testing.assert_allclose(transient_growth(j[None], 7)[:, 0], powers)
    assert max(powers) > 10


def test_components_turn_with_the_data_and_keep_its_variance():
    states = np.random.default_rng(0).normal(size=(50, 4, 3)) * [3.0, 1.0, 0.1] + 5
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    found, turned = principal_components(states), principal_components(states @ turn)
    np.testing.assert_allclose(turned.variances, found.variances, rtol=1e-10)
    total = np.cov(states.reshape(-1, 3).T).trace()
    assert found.variances.sum() == pytest.approx(total)
    back = found.project(states, 3) @ found.axes + found.mean
    np.testing.assert_allclose(back, states, atol=1e-12)
    np.testing.assert_allclose(np.abs(found.axes @ turn @ turned.axes.T), np.eye(3), atol=1e-10)
    np.testing.assert_allclose(
        found.directions(np.eye(3), 3), found.project(np.eye(3) + found.mean, 3), atol=1e-12
    )
    with pytest.raises(ValueError, match="two states or more"):
        principal_components(np.zeros((1, 3)))
