import jax
import numpy as np
import pytest

from rnnjax.cells import RWKV6, LinearAttention, identity
from rnnjax.cells.matrix.linearattention import LinearAttentionParams
from rnnjax.cells.matrix.rwkv6 import RWKV6Params
from tests.cells.matrices import agrees_with, composes, heads_of
from tests.laws.draws import normal, params_of


def step(cell, p, state, x):
    S, w, k, v = state
    S = np.stack([np.diag(w[h]) @ S[h] + np.outer(k[h], v[h]) for h in range(cell.heads)])
    r, k, v = (heads_of(cell, x @ m) for m in (p.w_r, p.w_k, p.w_v))
    w = heads_of(cell, np.exp(-np.exp(p.b_d + np.tanh(x @ p.w_d1) @ p.w_d2)))
    u = heads_of(cell, p.u)
    y = [r[h] @ (S[h] + np.diag(u[h]) @ np.outer(k[h], v[h])) for h in range(cell.heads)]
    return (S, w, k, v), np.concatenate(y)


def test_the_papers_equations_on_every_engine():
    agrees_with(step, RWKV6(4, heads=2, key_dim=3, rank=3))


def test_steps_compose():
    composes(RWKV6(4, heads=2, rank=2))


def run(cell, params, xs):
    return jax.lax.scan(
        lambda state, x: cell.step(params, state, x), cell.initial_state(params), xs
    )


def test_the_references_numbers(x64):
    # Inputs are r, k, v and the logarithms of -log(w) one after another; tanh made linear.
    eye, small = np.eye(7), 1e-6
    params = RWKV6Params(
        *(eye[:, :2], eye[:, 2:4], eye[:, 4:5], small * eye[:, 5:], np.eye(2) / small),
        *(np.zeros(2), np.array([0.5, -0.2])),
    )
    w = np.log(-np.log([[0.9, 0.5], [0.8, 0.25]]))
    xs = np.array([[1, 1, 1, -1, 2, *w[0]], [2, -1, 0.5, 2, -1, *w[1]]])
    final, ys = run(RWKV6(1, key_dim=2, rank=2), params, xs)
    np.testing.assert_allclose(ys[:, 0], [1.4, 5.1], rtol=1e-10)
    S = final.w[..., None] * final.S + final.k[..., None] * final.v[..., None, :]
    np.testing.assert_allclose(S.ravel(), [1.1, -2.5], rtol=1e-10)


def test_without_decay_and_with_a_bonus_of_one_it_is_linear_attention(x64):
    cell = RWKV6(3, key_dim=2, rank=2)
    other = LinearAttention(3, key_dim=2, feature_map=identity, normalise=False)
    p = params_of(cell)
    p = p._replace(w_d1=0 * p.w_d1, b_d=p.b_d - 100, u=np.ones(2))
    xs = normal(1, (6, 2)).astype(float)
    expected = run(other, LinearAttentionParams(*p[:3]), xs)[1]
    np.testing.assert_allclose(run(cell, p, xs)[1], expected, rtol=1e-12)


def test_places_outside_of_the_network_are_refused():
    with pytest.raises(ValueError, match=r"depth must be in \[0, 1\]"):
        RWKV6(4, depth=1.5)
