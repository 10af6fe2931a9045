import jax
import numpy as np

from rnnjax.cells import DeltaNet, GatedDeltaNet
from rnnjax.cells.matrix.deltanet import DeltaNetParams
from rnnjax.cells.matrix.gateddeltanet import GatedDeltaNetParams
from tests.cells.loops import sigmoid
from tests.cells.matrices import agrees_with, composes, heads_of
from tests.laws.draws import assert_close, normal, params_of


def unit(z):
    return z / np.sqrt((z**2).sum(-1, keepdims=True) + 1e-6)


def step(cell, p, state, x):
    (S,) = state
    q, k, v = (heads_of(cell, x @ w * sigmoid(x @ w)) for w in (p.w_q, p.w_k, p.w_v))
    q, k, beta = unit(q), unit(k), sigmoid(x @ p.w_b)
    alpha = np.exp(-np.exp(p.a_log) * np.log1p(np.exp(x @ p.w_a + p.b_a)))
    S = np.stack([alpha[h] * S[h] for h in range(cell.heads)])
    S = np.stack([S[h] + beta[h] * np.outer(k[h], v[h] - k[h] @ S[h]) for h in range(cell.heads)])
    return (S,), np.concatenate([q[h] @ S[h] for h in range(cell.heads)])


def test_the_papers_equations_on_every_engine():
    agrees_with(step, GatedDeltaNet(4, heads=2))


def test_steps_compose():
    composes(GatedDeltaNet(4, heads=2, key_dim=3))


def test_without_decay_it_is_deltanet():
    cell, other = GatedDeltaNet(4, heads=2), DeltaNet(4, heads=2)
    p = params_of(cell)
    p = p._replace(a_log=p.a_log - 60)
    state, xs = cell.initial_state(p), normal(1, (5, 2))
    expected, _ = jax.lax.scan(lambda s, x: other.step(DeltaNetParams(*p[:4]), s, x), state, xs)
    found, _ = jax.lax.scan(lambda s, x: cell.step(p, s, x), state, xs)
    assert_close(found, expected, rtol=1e-6)


def silu_inverse(y):
    """Returns what silu maps to y, by Newton's method; of y above zero."""
    z = np.array(y, float)
    for _ in range(50):
        s = sigmoid(z)
        z = z - (z * s - y) / (s * (1 + z * (1 - s)))
    return z


def test_the_references_numbers_of_two_writes(x64):
    cell, found = GatedDeltaNet(1, key_dim=2), []
    state = None
    for k, v, alpha, beta in (([0.6, 0.8], 2, 0.9, 40.0), ([1, 0], 1, 0.5, 0.0)):  # sigmoids 1, 1/2
        # A key a million long has the length 1 but for 1e-18.
        params = GatedDeltaNetParams(
            w_q=np.zeros((1, 2)),
            w_k=np.array([k]) * 1e6 - 1e9 * (np.array([k]) == 0),
            w_v=np.full((1, 1), silu_inverse(v)),
            w_b=np.full((1, 1), beta),
            w_a=np.zeros((1, 1)),
            b_a=np.log(np.expm1([-np.log(alpha)])),
            a_log=np.zeros(1),
        )
        state, _ = cell.step(params, state or cell.initial_state(params), np.ones(1))
        found.append(np.asarray(state.S).ravel())
    np.testing.assert_allclose(found, [[1.2, 1.6], [0.8, 0.8]], rtol=1e-12)
