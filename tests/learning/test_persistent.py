import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.learning import Particles, directions, evolution_gradient, persistent_gradient
from tests.full import full
from tests.learning import bench

START, THETA, SIGMA = 0.3, 0.4, 0.5


def window(power, theta, s):
    """One step of `s' = 0.7 s + theta`, and its loss."""
    s = 0.7 * s + theta
    return s, s**power / power


def expected(power, nodes, weights):
    """Returns the mean over moves of two windows of the sum of gradients of both.

    The pairs are all pairs of nodes, which lie alike on both sides of zero.
    """
    first, second = (jnp.array(x.ravel()) for x in np.meshgrid(nodes, nodes))
    of = functools.partial(window, power)

    def both(z_1, z_2):  # one pair by itself, so that each has its weight
        theta = jnp.array(THETA)
        pair = Particles.begin(jnp.array(START), theta, 1)
        one, pair = persistent_gradient(of, theta, pair, [z_1[None]], SIGMA)
        other, _ = persistent_gradient(of, theta, pair, [z_2[None]], SIGMA)
        return one + other

    return np.outer(weights, weights).ravel() @ jax.vmap(both)(first, second)


@pytest.mark.usefixtures("x64")
def test_over_windows_of_a_quadratic_it_is_backpropagation():
    # Of a quadratic only two moments of the moves count, which signs have.
    found = expected(2, np.array([-1.0, 1.0]), np.array([0.5, 0.5]))
    s_1 = 0.7 * START + THETA
    s_2 = 0.7 * s_1 + THETA
    np.testing.assert_allclose(found, s_1 + s_2 * 1.7, rtol=1e-12)
    np.testing.assert_allclose(found, 2.0159, atol=1e-12)
    truncated = sum(
        evolution_gradient(
            lambda x, s=s: window(2, x, s)[1], jnp.array(THETA), [jnp.ones(1)], SIGMA
        )
        for s in (START, s_1)
    )
    np.testing.assert_allclose(truncated, 1.437, atol=1e-12)


@pytest.mark.usefixtures("x64")
def test_of_a_cubic_it_is_smoothed():
    nodes, weights = np.polynomial.hermite_e.hermegauss(6)
    found = expected(3, nodes, weights / weights.sum())
    np.testing.assert_allclose(found, 2.4180293, atol=1e-6)


@pytest.mark.usefixtures("x64")
def test_in_one_window_it_is_evolution_strategies():
    params = bench.params()
    z = directions(jax.random.key(0), params, 3)

    def run(params, state):
        loss = bench.loss(params, lambda cell, p, h, xs, **_: loop(cell, p, h, xs))
        return state, loss

    def loop(cell, params, h, xs):
        return jax.lax.scan(lambda h, x: cell.step(params, h, x), h, xs)

    particles = Particles.begin(jnp.zeros(()), params, 3)
    found, particles = persistent_gradient(run, params, particles, z, 0.1)
    same = evolution_gradient(lambda params: run(params, 0.0)[1], params, z, 0.1)
    for x, y in zip(jax.tree.leaves(found), jax.tree.leaves(same), strict=True):
        np.testing.assert_allclose(x, y, atol=1e-12)
    np.testing.assert_allclose(particles.moves[0][3:], -0.1 * z[0], atol=1e-15)


@pytest.mark.parametrize("steps", [full(3000), 600])
def test_influence_balancing(steps):
    """The loss of one step has the sign of its gradient wrong for short windows (Tallec 2017)."""
    n, pairs, rate, sigma = 23, 500, 1e-4, 0.1
    a = (np.eye(n) + np.eye(n, k=1)).astype(np.float32) / 2
    drive = np.repeat(np.array([1, -1], np.float32), [10, 13])

    def one_step(theta, s):
        s = s @ a.T + theta * drive
        return s, 0.5 * (s[0] - 1) ** 2

    def update(carry, key):
        theta, particles = carry
        z = directions(key, theta, pairs)
        gradient, particles = persistent_gradient(one_step, theta, particles, z, sigma)
        return (theta - rate * gradient, particles), theta

    theta = jnp.array(0.5)
    begin = theta, Particles.begin(jnp.ones(n), theta, pairs)
    run = jax.jit(lambda keys: jax.lax.scan(update, begin, keys)[0][0])
    found = run(jax.random.split(jax.random.key(3), steps))
    # Exact gradients are at 0.172 after 100 steps, and at -1/6 at the end; those of one step go up.
    assert abs(found + 1 / 6) < 0.12 if steps == 3000 else found < 0.3


def test_there_are_as_many_pairs_as_directions():
    particles = Particles.begin(jnp.zeros(()), jnp.zeros(()), pairs=2)
    with pytest.raises(
        ValueError, match=r"^as many pairs of particles as directions; got \[2, 3\]$"
    ):
        persistent_gradient(
            functools.partial(window, 2), jnp.zeros(()), particles, [jnp.ones(3)], 0.1
        )
