import jax
import jax.numpy as jnp
import numpy as np

from rnnjax import unroll
from rnnjax.cells import DNC
from rnnjax.cells.memory.addressing import allocation, linked
from tests.cells.loops import follows, sigmoid
from tests.laws.draws import assert_finite, params_of, weigh

CELL = DNC(3, width=2, slots=4, reads=2)


def softmax(z):
    return np.exp(z) / np.exp(z).sum()


def content(k, strength, M):
    cosines = [k @ m / (np.sqrt(k @ k + 1e-6) * np.sqrt(m @ m + 1e-6) + 1e-8) for m in M]
    return softmax((1 + np.log1p(np.exp(strength))) * np.array(cosines))


def step(cell, p, state, x):
    i, f, g, o = np.split(x @ p.w_x + state.r.ravel() @ p.w_r + state.h @ p.w_h + p.b, 4)
    c = sigmoid(f) * state.c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)

    R, W, N = cell.reads, cell.width, cell.slots
    told = iter(h @ p.w_p + p.b_p)

    def take(*shape):
        return np.array([next(told) for _ in range(int(np.prod(shape)))]).reshape(shape)

    k_r, beta_r, k_w, beta_w = take(R, W), take(R), take(W), take(1)[0]
    e, v, free, g_a, g_w = sigmoid(take(W)), take(W), sigmoid(take(R)), take(1), take(1)
    modes = take(R, 3)
    assert not list(told)

    u = state.u + state.w_w - state.u * state.w_w
    for j in range(R):
        u = u * (1 - free[j] * state.w_r[j])
    free_list, so_far, a = np.argsort(u), 1.0, np.zeros(N)
    for j in free_list:
        a[j] = (1 - u[j]) * so_far
        so_far *= u[j]
    found = content(k_w, beta_w, state.M)
    w_w = sigmoid(g_w) * (sigmoid(g_a) * a + (1 - sigmoid(g_a)) * found)
    M = state.M * (1 - np.outer(w_w, e)) + np.outer(w_w, v)
    L = np.zeros((N, N))
    for i in range(N):
        for j in range(N):
            if i != j:
                L[i, j] = (1 - w_w[i] - w_w[j]) * state.L[i, j] + w_w[i] * state.p[j]
    precedence = (1 - w_w.sum()) * state.p + w_w
    w_r = np.zeros((R, N))
    for j in range(R):
        backward, by_key, forward = softmax(modes[j])
        w_r[j] = by_key * content(k_r[j], beta_r[j], M)
        w_r[j] += backward * L.T @ state.w_r[j] + forward * L @ state.w_r[j]
    r = w_r @ M
    return (h, c, M, u, L, precedence, w_w, w_r, r), np.concatenate([h, r.ravel()])


def test_the_papers_equations():
    follows(CELL, step)


def test_free_slots_are_given_out_in_order_of_use(x64):
    np.testing.assert_allclose(allocation(jnp.array([0.2, 0.9, 0.5])), [0.8, 0.01, 0.1])
    np.testing.assert_array_equal(allocation(jnp.zeros(3)), [1, 0, 0])
    np.testing.assert_array_equal(allocation(jnp.ones(3)), 0)
    u = np.random.default_rng(0).uniform(size=(5, 8))
    np.testing.assert_allclose(allocation(u).sum(-1), 1 - u.prod(-1), rtol=1e-12)


def test_links_lead_from_one_write_to_the_next():
    i, j = np.eye(4)[[2, 0]]
    L = linked(linked(np.zeros((4, 4)), np.zeros(4), i), i, j)
    np.testing.assert_array_equal(L, np.outer(j, i))
    np.testing.assert_array_equal(i @ L.T, j)
    np.testing.assert_array_equal(j @ L, i)


def test_no_more_is_written_and_read_than_there_is(x64):
    params = jax.tree.map(lambda p: 3 * p, params_of(CELL))
    xs = np.random.default_rng(0).normal(size=(12, 2))
    state, step = CELL.initial_state(params), jax.jit(CELL.step)
    for x in xs:
        state, _ = step(params, state, x)
        assert (state.w_w >= 0).all()
        assert (state.w_r >= 0).all()
        assert state.w_w.sum() <= 1
        assert (state.w_r.sum(-1) <= 1 + 1e-12).all()
        assert (abs(state.u - 0.5) <= 0.5).all()
        assert (state.L.sum(0) <= 1).all()
        assert (state.L.sum(1) <= 1).all()
    assert (state.w_r > 0).all()


def test_a_start_on_zeros_has_a_gradient():
    params = jax.tree.map(np.zeros_like, params_of(CELL))
    xs = np.zeros((3, 2), np.float32)
    gradient = jax.grad(lambda p: weigh(unroll.scan(CELL, p, CELL.initial_state(p), xs)))(params)
    assert_finite(gradient)
