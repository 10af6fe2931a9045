import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import NTM
from rnnjax.cells.memory.addressing import by_content, sharpened, shifted
from tests.cells.loops import follows, sigmoid
from tests.laws.draws import assert_finite, params_of, weigh

CELL = NTM(3, width=2, slots=4, reads=2, writes=2)


def softmax(z):
    return np.exp(z) / np.exp(z).sum()


def address(cell, M, w, told):
    W, N = cell.width, cell.slots
    k, beta, g = np.tanh(told[:W]), np.log1p(np.exp(told[W])), sigmoid(told[W + 1])
    s, gamma = softmax(told[W + 2 : -1]), 1 + np.log1p(np.exp(told[-1]))
    cosines = [k @ row / (np.linalg.norm(k) * np.linalg.norm(row) + 1e-8) for row in M]
    w = g * softmax(beta * np.array(cosines)) + (1 - g) * w
    offsets = range(-cell.shift, cell.shift + 1)
    w = np.array([sum(s[o + cell.shift] * w[(i - o) % N] for o in offsets) for i in range(N)])
    w = w.clip(1e-30) ** gamma
    return w / w.sum()


def step(cell, p, state, x):
    z = x @ p.w_x + state.r.ravel() @ p.w_r + state.h @ p.w_h + p.b
    i, f, g, o = np.split(z, 4)
    c = sigmoid(f) * state.c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    told = (h @ p.w_p + p.b_p).clip(-20, 20)
    heads, size = cell.reads + cell.writes, cell.width + 3 + 2 * cell.shift + 1
    w = [address(cell, state.M, state.w[j], told[j * size : (j + 1) * size]) for j in range(heads)]
    r = np.array([weights @ state.M for weights in w[: cell.reads]])
    M, content = state.M, told[heads * size :].reshape(cell.writes, 2, cell.width)
    for weights, (erase, add) in zip(w[cell.reads :], content, strict=True):
        M = M * (1 - np.outer(weights, sigmoid(erase))) + np.outer(weights, np.tanh(add))
    return (h, c, M, np.array(w), r), np.concatenate([h, r.ravel()])


@pytest.mark.parametrize("cell", [CELL, NTM(3, width=2, slots=5, shift=2)], ids=repr)
def test_the_papers_equations(cell):
    follows(cell, step)


def test_the_references_numbers(x64):
    M, one = np.array([[1.0, 0], [0, 1], [1, 1]]), np.ones((1, 1))
    content = by_content(np.array([[1, 0.5]]), 2 * one, M)
    np.testing.assert_allclose(content, [[0.3962812583, 0.1620163112, 0.4417024306]], rtol=1e-8)
    w = 0.5 * content + 0.5 * np.array([[0, 1, 0]])
    w = sharpened(shifted(w, np.array([[0.7, 0.2, 0.1]])), 3 * one)
    np.testing.assert_allclose(w, [[0.7273046904, 0.1736807121, 0.0990145975]], rtol=1e-8)


def test_without_strength_all_slots_are_alike_and_a_shift_moves_on(x64):
    k, M = np.array([[0.3, -0.7]]), np.random.default_rng(0).normal(size=(4, 2))
    np.testing.assert_allclose(by_content(k, np.zeros((1, 1)), M), 0.25)
    w = np.eye(4)[:1]
    moved = sharpened(shifted(w, np.array([[0.0, 0, 1]])), np.array([[1.7]]))
    np.testing.assert_allclose(moved, np.eye(4)[1:2], atol=1e-15)


def test_weights_sum_to_one_from_the_start(x64):
    params = params_of(CELL)
    state = CELL.initial_state(params)
    final, _ = unroll.scan(CELL, params, state, np.random.default_rng(0).normal(size=(9, 2)))
    for w in (state.w, final.w):
        assert (w > 0).all()
        np.testing.assert_allclose(w.sum(-1), 1, rtol=1e-12)


def test_it_starts_as_the_reliable_implementation_does():
    params = CELL.init(jax.random.key(0), 2)
    state = CELL.initial_state(params, (5,))
    np.testing.assert_array_equal(state.M, np.float32(1e-6))
    np.testing.assert_array_equal(params.b, [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])


def test_keys_and_memories_of_zeros_have_a_gradient():
    params = jax.tree.map(np.zeros_like, params_of(CELL))
    xs = np.zeros((3, 2), np.float32)
    gradient = jax.grad(lambda p: weigh(unroll.scan(CELL, p, CELL.initial_state(p), xs)))(params)
    assert_finite(gradient)


def test_sharpening_survives_powers_that_single_precision_has_not():
    w = np.full((1, 256), 1 / 256, np.float32)
    np.testing.assert_allclose(sharpened(w, np.full((1, 1), 21, np.float32)), w, rtol=1e-5)
