import jax
import numpy as np
import pytest

from rnnjax.cells import LinearAttention, elu_plus_one, identity
from rnnjax.cells.matrix.linearattention import LinearAttentionParams
from tests.cells.matrices import agrees_with, composes, heads_of
from tests.laws.draws import normal


def phi(z):
    return np.where(z > 0, z + 1, np.exp(z))


def step(cell, p, state, x):
    S, z = state
    q, k, v = (heads_of(cell, x @ w) for w in (p.w_q, p.w_k, p.w_v))
    q, k = phi(q), phi(k)
    S = S + np.stack([np.outer(k[h], v[h]) for h in range(cell.heads)])
    z = z + k
    y = [q[h] @ S[h] / (q[h] @ z[h] + 1e-6) for h in range(cell.heads)]
    return (S, z), np.concatenate(y)


def test_the_papers_equations_on_every_engine():
    agrees_with(step, LinearAttention(4, heads=2, key_dim=3))


def test_steps_compose():
    composes(LinearAttention(4, heads=2))


def run(cell, params, xs):
    return jax.lax.scan(
        lambda state, x: cell.step(params, state, x), cell.initial_state(params), xs
    )


def test_the_references_numbers(x64):
    # Inputs are q, k and v one after another.
    eye = np.eye(5)
    params = LinearAttentionParams(eye[:, :2], eye[:, 2:4], eye[:, 4:])
    xs = np.array([[1, -1, 0.5, -0.5, 1], [0, 2, -1, 1, 3]])
    _, ys = run(LinearAttention(1, key_dim=2, eps=0.0), params, xs)
    np.testing.assert_allclose(ys[:, 0], [1, 2.3146628599], rtol=1e-10)


def test_without_a_norm_it_is_fast_weights(x64):
    cell = LinearAttention(3, key_dim=2, feature_map=identity, normalise=False)
    params = cell.init(jax.random.key(0), 2)
    xs = normal(1, (6, 2)).astype(float)
    _, ys = run(cell, params, xs)
    W, expected = np.zeros((3, 2)), []  # a network's weights, values by keys
    for x in xs:
        W = W + np.outer(x @ params.w_v, x @ params.w_k)
        expected.append(W @ (x @ params.w_q))
    np.testing.assert_allclose(ys, expected, rtol=1e-13, atol=1e-15)


def test_without_a_norm_it_is_causal_attention_without_softmax(x64):
    cell = LinearAttention(3, key_dim=2, normalise=False)
    params = cell.init(jax.random.key(0), 2)
    xs = normal(1, (6, 2)).astype(float)
    q, k, v = (np.asarray(xs @ w) for w in params)
    expected = np.tril(phi(q) @ phi(k).T) @ v
    np.testing.assert_allclose(run(cell, params, xs)[1], expected, rtol=1e-13, atol=1e-15)


def test_equal_keys_average_the_values_whatever_the_query(x64):
    cell = LinearAttention(2, eps=0.0)
    params = cell.init(jax.random.key(0), 2)._replace(w_k=np.zeros((2, 2)))
    xs = normal(1, (6, 2)).astype(float)
    means = np.cumsum(xs @ params.w_v, axis=0) / np.arange(1, 7)[:, None]
    np.testing.assert_allclose(run(cell, params, xs)[1], means, rtol=1e-13)


def test_features_are_above_zero_and_have_derivatives():
    z = np.array([-1e4, -1.0, 0.0, 2.0], np.float32)
    np.testing.assert_allclose(elu_plus_one(z), [0, np.exp(-1), 1, 3], rtol=1e-6)
    slopes = jax.vmap(jax.grad(elu_plus_one))(z)
    np.testing.assert_allclose(slopes, [0, np.exp(-1), 1, 1], rtol=1e-6)


def test_an_eps_that_makes_no_number_is_refused():
    with pytest.raises(ValueError, match="eps must be 0 or more"):
        LinearAttention(4, eps=-1e-6)
