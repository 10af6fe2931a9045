import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.learning import centred_ranks, directions, evolution_gradient
from tests.laws.draws import normal

A = normal(0, (3, 3), np.float64)
PARAMS = {
    "b": normal(1, (3,), np.float64),
    "count": np.array(7),
    "w": normal(2, (3, 2), np.float64),
}


def quadratic(params):
    x = params["w"].sum(1) + params["b"]
    return x @ jnp.array(A) @ x + 3 * params["w"][0, 1] - params["b"][2]


def drawn(pairs):
    return directions(jax.random.key(3), PARAMS, pairs)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("sigma", [0.01, 3.0])
def test_pairs_on_a_quadratic_are_forward_gradients(sigma):
    b, w = drawn(5)
    found = evolution_gradient(quadratic, jax.tree.map(jnp.array, PARAMS), [b, w], sigma)
    x = PARAMS["w"].sum(1) + PARAMS["b"]
    d_x = (A + A.T) @ x
    d_b, d_w = (
        d_x - np.eye(3)[2],
        np.repeat(d_x[:, None], 2, 1) + np.array([[0, 3], [0, 0], [0, 0]]),
    )
    slopes = np.asarray(b) @ d_b + np.einsum("mij,ij->m", w, d_w)
    np.testing.assert_allclose(found["b"], (slopes[:, None] * b).mean(0), atol=1e-9)
    np.testing.assert_allclose(found["w"], (slopes[:, None, None] * w).mean(0), atol=1e-9)
    assert found["count"] == 0


@pytest.mark.usefixtures("x64")
def test_of_a_cubic_it_is_the_gradient_of_the_smoothed_loss():
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    weights = weights / weights.sum()
    theta, sigma = 0.7, 0.5

    def pair(z):
        return evolution_gradient(lambda x: x**3, jnp.array(theta), [z[None]], sigma)

    found = weights @ jax.vmap(pair)(jnp.array(nodes))
    np.testing.assert_allclose(found, 3 * (theta**2 + sigma**2), rtol=1e-12)


@pytest.mark.usefixtures("x64")
def test_directions_are_normal_of_variance_one_in_each_part():
    like = [jnp.zeros(3), jnp.zeros(2, complex)]
    real, both = directions(jax.random.key(0), like, 20_000)
    for x in (real, both.real, both.imag):
        np.testing.assert_allclose(x.mean(0), 0, atol=0.04)
        np.testing.assert_allclose(np.cov(np.asarray(x).T), np.eye(x.shape[1]), atol=0.05)


def test_centred_ranks_share_ties_and_see_no_scale():
    losses = normal(4, (9,))
    found = centred_ranks(jnp.array(losses))
    np.testing.assert_allclose(found, losses.argsort().argsort() / 8 - 0.5, atol=1e-7)
    np.testing.assert_array_equal(centred_ranks(jnp.exp(losses)), found)
    np.testing.assert_array_equal(centred_ranks(jnp.ones(4)), np.zeros(4))


def test_ranks_are_of_both_members_of_all_pairs():
    z = [jnp.array([1.0, -2.0])]
    found = evolution_gradient(jnp.exp, jnp.array(0.0), z, 0.5, shaping=centred_ranks)
    # exp at 0.5, -1, -0.5, 1: ranks 2, 0, 1, 3 of four, so 1/3 of the first pair, -1 of the other.
    np.testing.assert_allclose(found, ((2 - 1) / 3 * 1 + (0 - 3) / 3 * -2) / 2, rtol=1e-6)


@pytest.mark.parametrize("sigma", [0.0, -1.0, float("inf"), float("nan")])
def test_a_distance_is_above_zero(sigma):
    with pytest.raises(ValueError, match=r"^sigma must be a finite number above 0; got "):
        evolution_gradient(jnp.sum, jnp.ones(2), [jnp.ones((1, 2))], sigma)
