import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.cells import DeltaNet
from rnnjax.cells.matrix.heads import normed
from rnnjax.cells.matrix.memories import ErasingElement, MatrixState
from tests.cells.matrices import agrees_with, composes, heads_of


def silu(x):
    return x / (1 + np.exp(-x))


def unit(z):
    return z / np.sqrt((z**2).sum(-1, keepdims=True) + 1e-6)


def step(cell, p, state, x):
    (S,) = state
    q, k, v = (heads_of(cell, silu(x @ w)) for w in (p.w_q, p.w_k, p.w_v))
    q, k, beta = unit(q), unit(k), 1 / (1 + np.exp(-x @ p.w_b))
    S = np.stack([S[h] + beta[h] * np.outer(k[h], v[h] - k[h] @ S[h]) for h in range(cell.heads)])
    return (S,), np.concatenate([q[h] @ S[h] for h in range(cell.heads)])


def test_the_papers_equations_on_every_engine():
    agrees_with(step, DeltaNet(4, heads=2))


def test_steps_compose():
    composes(DeltaNet(4, heads=2, key_dim=3))


def element(k, v, beta):
    k, v = np.array([k], float), np.array([v], float)
    return ErasingElement((np.eye(k.size) - beta * k.T @ k)[None], (beta * k.T @ v)[None])


def test_the_numbers_of_two_writes():
    cell = DeltaNet(1, key_dim=2)
    with jax.enable_x64(True):
        first = cell.apply(element([0.6, 0.8], [2], 1.0), MatrixState(np.zeros((1, 2, 1))))
        second = cell.apply(element([1, 0], [1], 0.5), first)
    np.testing.assert_allclose(first.S.ravel(), [1.2, 1.6], rtol=1e-14)
    np.testing.assert_allclose(second.S.ravel(), [1.1, 1.6], rtol=1e-14)


def test_orthogonal_keys_are_stored_and_a_key_used_again_forgets_what_it_had():
    cell = DeltaNet(3, key_dim=3)
    keys = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    state = MatrixState(np.zeros((1, 3, 3)))
    values = np.arange(12.0).reshape(4, 3)
    with jax.enable_x64(True):
        for k, v in zip(keys, values, strict=False):
            state = cell.apply(element(k, v, 1.0), state)
        np.testing.assert_allclose(keys @ state.S[0], values[:3], atol=1e-13)
        linear_attention = sum(np.outer(k, v) for k, v in zip(keys, values, strict=False))
        np.testing.assert_allclose(state.S[0], linear_attention, atol=1e-13)
        state = cell.apply(element(keys[1], values[3], 1.0), state)
    np.testing.assert_allclose(keys @ state.S[0], values[[0, 3, 2]], atol=1e-13)


def test_the_norm_has_a_derivative_where_there_is_no_length():
    zero = jnp.zeros((2, 3))
    slopes = jax.grad(lambda z: normed(z).sum())(zero)
    np.testing.assert_allclose(slopes, 1e3, rtol=1e-5)
    np.testing.assert_array_equal(normed(zero), 0)
    lengths = jnp.linalg.norm(normed(jnp.array([[3.0, 4.0, 0.0], [1e4, -1e4, 1e4]])), axis=-1)
    np.testing.assert_allclose(lengths, 1, rtol=1e-6)
