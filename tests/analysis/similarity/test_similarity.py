"""Measures of similarity against published numbers, explicit formulas, and what they do not see."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import analysis


@pytest.fixture
def published(x64):
    """The data of the notebook of Kornblith et al."""
    np.random.seed(1337)  # noqa: NPY002
    x = np.random.randn(100, 10)  # noqa: NPY002
    return x, np.random.randn(100, 10) + x  # noqa: NPY002


def turned(x, seed=0, rows=None):
    """Turns rows, about another point and at another scale."""
    q = np.linalg.qr(np.random.default_rng(seed).normal(size=(rows or x.shape[1], x.shape[1])))[0]
    return 3 * x @ q.T + 7


def test_cka_is_that_of_the_published_notebook(published):
    x, y = map(jnp.asarray, published)
    np.testing.assert_allclose(analysis.linear_cka(x, y), 0.5576132566, rtol=1e-9)
    np.testing.assert_allclose(analysis.debiased_cka(x, y), 0.5134564895, rtol=1e-9)
    np.testing.assert_allclose(jax.jit(analysis.rbf_cka)(x, y, 0.5), 0.6548311822, rtol=1e-9)


def test_cka_by_features_is_that_by_moments(published):
    x, y = (rows[:8] for rows in published)  # 8 moments of 10 units
    x, y = x - x.mean(0), y - y.mean(0)
    exact = np.sum((y.T @ x) ** 2) / np.linalg.norm(x.T @ x) / np.linalg.norm(y.T @ y)
    np.testing.assert_allclose(
        analysis.linear_cka(jnp.asarray(x), jnp.asarray(y)), exact, rtol=1e-10
    )


def test_debiased_cka_is_the_u_statistic_of_its_definition(published):
    def hsic(k, l):
        n, k, l = len(k), k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
        cross = k.sum() * l.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * (k @ l).sum()
        return (np.trace(k @ l) + cross) / (n * (n - 3))

    x, y = (rows[:30] for rows in published)
    k, l = x @ x.T, y @ y.T
    exact = hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l))
    np.testing.assert_allclose(
        analysis.debiased_cka(jnp.asarray(x), jnp.asarray(y)), exact, rtol=1e-9
    )


def test_what_is_unrelated_looks_alike_to_biased_cka_alone(x64):
    x, y = jnp.asarray(np.random.default_rng(0).normal(size=(2, 100, 500)))
    assert analysis.linear_cka(x, y) > 0.8
    assert abs(analysis.debiased_cka(x, y)) < 0.1


@pytest.mark.parametrize("measure", [analysis.linear_cka, analysis.debiased_cka, analysis.rbf_cka])
def test_cka_does_not_see_turns_and_scales_and_sees_other_maps(measure, published):
    x = jnp.asarray(published[0])
    np.testing.assert_allclose(measure(x, jnp.asarray(turned(published[0], rows=13))), 1, rtol=1e-9)
    assert measure(x, x * jnp.linspace(0.1, 3, 10)[None]) < 0.95


def test_the_shape_distance_is_the_angle_of_its_definition(published):
    x, y = map(jnp.asarray, published)
    np.testing.assert_allclose(analysis.shape_distance(x, y), 0.7432764761, rtol=1e-9)
    a, b = (rows - rows.mean(0) for rows in (published[0], published[1][:, :4]))
    nuclear = np.linalg.svd(a.T @ b, compute_uv=False).sum()
    exact = np.arccos(nuclear / np.linalg.norm(a) / np.linalg.norm(b))
    np.testing.assert_allclose(analysis.shape_distance(x, y[:, :4]), exact, rtol=1e-9)


def test_the_shape_distance_is_a_metric_that_does_not_see_turns(published):
    x, y = map(jnp.asarray, published)
    mirrored = jnp.asarray(turned(published[0], rows=13))
    assert analysis.shape_distance(x, mirrored) < 1e-7
    # Below what an arccos of the cosine could tell from 0.
    near = x + 1e-10 * y
    assert 1e-11 < analysis.shape_distance(x, near) < 1e-9
    z = jnp.asarray(np.random.default_rng(1).normal(size=(100, 10)))
    one, two, three = (analysis.shape_distance(*p) for p in ((x, y), (y, z), (x, z)))
    assert three < one + two
    np.testing.assert_allclose(one, analysis.shape_distance(y, x), rtol=1e-10)


def test_an_alignment_is_as_close_as_the_distance_says(published):
    x, y = map(jnp.asarray, published)
    found = analysis.align(x, y)
    np.testing.assert_allclose(((found.x - found.y) ** 2).sum(), 905.0032680, rtol=1e-9)
    centred = published[0] - published[0].mean(0)
    np.testing.assert_allclose(found.x, centred @ np.asarray(found.turn_x), atol=1e-12)


def test_canonical_correlations_are_the_published_ones(published):
    x, y = map(jnp.asarray, published)
    rho = analysis.canonical_correlations(x, y)
    np.testing.assert_allclose(rho.mean(), 0.7310139588, rtol=1e-9)
    np.testing.assert_allclose((rho**2).mean(), 0.54540, atol=5e-6)
    mixed = jnp.asarray(published[1] @ np.random.default_rng(0).normal(size=(10, 10)) - 4)
    np.testing.assert_allclose(analysis.canonical_correlations(x, mixed), rho, rtol=1e-8)
    np.testing.assert_allclose(analysis.svcca(x, y, 1.0), rho.mean(), rtol=1e-8)


def test_svcca_leaves_out_directions_of_little_variance(published):
    x = published[0]
    noise = 1e-3 * np.random.default_rng(5).normal(size=(2, 100, 6))
    first, second = (jnp.asarray(np.concatenate([x, more], 1)) for more in noise)
    np.testing.assert_allclose(analysis.svcca(first, second), 1, rtol=1e-4)
    assert analysis.canonical_correlations(first, second).mean() < 0.9


def rotation(angle, scale=1.0):
    return scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def test_delayed_states_have_the_eigenvalues_of_the_dynamics(x64):
    states = [np.array([1.0, 0.5])]
    for _ in range(60):
        states.append(rotation(0.3, 0.95) @ states[-1])
    found = analysis.fit_dynamics(jnp.asarray(states), delays=3, rank=2, ridge=0.0)
    exact = 0.95 * np.exp([-0.3j, 0.3j])
    np.testing.assert_allclose(sorted(np.linalg.eigvals(found.a), key=np.angle), exact, rtol=1e-9)
    np.testing.assert_allclose(found.score, 1, rtol=1e-12)


def test_trials_are_not_run_into_each_other(x64):
    starts = np.random.default_rng(0).normal(size=(5, 2))
    states = [starts]
    for _ in range(20):
        states.append(states[-1] @ rotation(0.3, 0.95).T)
    found = analysis.fit_dynamics(jnp.asarray(states), delays=1, rank=2, ridge=0.0)
    np.testing.assert_allclose(np.abs(np.linalg.eigvals(found.a)), 0.95, rtol=1e-9)


def test_dynamics_are_as_far_apart_as_their_angles_whatever_the_frame(x64):
    key = jax.random.key(0)
    a, b = (jnp.asarray(rotation(angle, 0.9)) for angle in (0.3, 0.8))
    np.testing.assert_allclose(analysis.dynamics_distance(a, b, key), 0.5, atol=1e-6)
    np.testing.assert_allclose(analysis.dynamics_distance(a, 2 * a.T, key), 0, atol=1e-6)
    a = np.random.default_rng(2).normal(size=(4, 4))
    q = np.linalg.qr(np.random.default_rng(3).normal(size=(4, 4)))[0]
    q[:, 0] *= -np.sign(np.linalg.det(q))  # mirrored as well
    found = analysis.dynamics_distance(jnp.asarray(a), jnp.asarray(q @ a @ q.T), key, tries=16)
    assert found < 1e-2


def test_the_matrix_and_its_picture_have_every_pair(published):
    layers = {"first": jnp.asarray(published[0]), "second": jnp.asarray(published[1])}
    found = analysis.similarity_matrix(analysis.linear_cka, layers, layers)
    np.testing.assert_allclose(found, [[1, 0.5576132566], [0.5576132566, 1]], rtol=1e-9)
    figure = analysis.plot_similarity(found, list(layers), list(layers), title="layers")
    np.testing.assert_allclose(figure.axes[0].images[0].get_array(), found)
    assert [t.get_text() for t in figure.axes[0].texts] == ["1.00", "0.56", "0.56", "1.00"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: analysis.linear_cka(jnp.ones((5, 2)), jnp.ones((4, 2))), r"\(5, 2\).*\(4, 2\)"),
        (lambda: analysis.debiased_cka(jnp.ones((3, 2)), jnp.ones((3, 2))), "4 or more"),
        (lambda: analysis.fit_dynamics(jnp.ones((3, 2)), 3, 1), "3 steps .* 3 delays"),
        (lambda: analysis.fit_dynamics(jnp.ones((9, 2)), 2, 5), "rank 5"),
        (
            lambda: analysis.dynamics_distance(jnp.ones((2, 2)), jnp.ones((3, 3)), None),
            r"\(2, 2\) and \(3, 3\)",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
