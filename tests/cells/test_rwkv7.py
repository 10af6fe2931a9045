import jax
import numpy as np
import pytest

from rnnjax.cells import RWKV7
from rnnjax.cells.matrix.rwkv7 import RWKV7Params
from tests.cells.loops import sigmoid
from tests.cells.matrices import agrees_with, composes, heads_of


def unit(z):
    return z / np.sqrt((z**2).sum(-1, keepdims=True) + 1e-6)


def step(cell, p, state, x):
    (S,) = state
    r, v, k = heads_of(cell, x @ p.w_r), heads_of(cell, x @ p.w_v), x @ p.w_k
    d = p.b_d + np.tanh(x @ p.w_d1) @ p.w_d2
    w = heads_of(cell, np.exp(-np.exp(-0.5) * sigmoid(d)))
    a = sigmoid(p.b_a + x @ p.w_a1 @ p.w_a2)
    kappa = unit(heads_of(cell, k * p.xi))
    c, a = heads_of(cell, k * (1 + (a - 1) * p.k_a)), heads_of(cell, a)
    new = []
    for h in range(cell.heads):
        removed = np.outer(kappa[h] * a[h], kappa[h] @ S[h])
        new.append(np.diag(w[h]) @ S[h] - removed + np.outer(c[h], v[h]))
    return (np.stack(new),), np.concatenate([r[h] @ new[h] for h in range(cell.heads)])


def test_the_papers_equations_on_every_engine():
    agrees_with(step, RWKV7(4, heads=2, rank=3))


def test_steps_compose():
    composes(RWKV7(4, heads=2, key_dim=3))


def logit(p):
    return np.log(np.asarray(p) / (1 - np.asarray(p)))


def test_the_references_numbers_of_two_writes(x64):
    cell, state, found = RWKV7(1, key_dim=2, rank=1), None, []
    for w, a, k, v in (
        ([0.9, 0.8], [1 - 1e-15, 1 - 1e-15], [0.6, 0.8], 2.0),
        ([0.5, 0.7], [0.5, 0.25], [1, 0], 1.0),
    ):
        none = np.zeros((1, 1)), np.zeros((1, 2))
        params = RWKV7Params(
            *(np.zeros((1, 2)), np.array([k]), np.array([[v]]), *none),
            np.zeros(2),
            *(*none, logit(a), np.full(2, 1e6), np.zeros(2)),
        )
        # The cell's decays stay above 0.545, the reference's do not: given to the element.
        element = cell.element(params, np.ones(1))
        own = np.diag(np.full(2, np.exp(-0.5 * np.exp(-0.5))))
        element = element._replace(M=element.M + (np.diag(w) - own)[None])
        state = cell.apply(element, state or cell.initial_state(params))
        found.append(np.asarray(state.S).ravel())
    np.testing.assert_allclose(found, [[1.2, 1.6], [1.0, 1.12]], rtol=1e-12)


@pytest.mark.parametrize("depth", [0.0, 0.25, 1.0])
def test_vectors_start_as_the_authors(depth):
    cell = RWKV7(12, heads=3, depth=depth)
    params = cell.init(jax.random.key(0), 3)
    C, N = 12, 4
    for n in range(C):
        zigzag = ((n % N) - (N - 1) / 2) / ((N - 1) / 2)
        zigzag *= abs(zigzag)
        linear = n / (C - 1) - 0.5
        w0 = -6 + 6 * (n / (C - 1)) ** (1 + depth**0.3) + 0.5 + 2.5 * zigzag
        expected = w0, -0.19 + 0.3 * zigzag + 0.4 * linear, 0.71 - 0.1 * linear, 1.02
        found = [v[n] for v in (params.b_d, params.b_a, params.xi, params.k_a)]
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("rank", [3, 12, 20])
def test_maps_of_low_rank_start_at_nothing_but_ready_to_learn(rank):
    params = RWKV7(12, heads=3, rank=rank).init(jax.random.key(0), 5)
    for w_1, w_2 in ((params.w_d1, params.w_d2), (params.w_a1, params.w_a2)):
        np.testing.assert_array_equal(w_1, 0)
        singular = np.linalg.svd(w_2, compute_uv=False)
        np.testing.assert_allclose(singular, 0.1 * max(rank / 12, 1) ** 0.5, rtol=1e-5)


@pytest.mark.parametrize("depth", [-0.1, 1.1])
def test_places_outside_of_the_network_are_refused(depth):
    with pytest.raises(ValueError, match=r"depth must be in \[0, 1\]"):
        RWKV7(4, depth=depth)
