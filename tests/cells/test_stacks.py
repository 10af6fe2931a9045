"""Stacks and tapes that move as a whole."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import BabyNTM, StackRNN, VectorStackRNN
from rnnjax.cells.memory.moves import average, popped, pushed
from rnnjax.cells.memory.stackrnn import StackRNNParams
from rnnjax.cells.memory.vectormemory import VectorMemoryParams
from tests.catalogue import name
from tests.cells.loops import follows, sigmoid


def softmax(z):
    return np.exp(z) / np.exp(z).sum()


def stack_step(cell, p, state, x):
    z = x @ p.w_x + state.h @ p.w_h
    for i in range(cell.depth):
        z = z + state.S[i] @ p.w_s[i * cell.stacks : (i + 1) * cell.stacks]
    h = sigmoid(z)
    number = sigmoid(h @ p.w_p)
    S = np.empty_like(state.S)
    for k in range(cell.stacks):
        push, pop, stay = softmax(h @ p.w_a[:, k :: cell.stacks])
        for i in range(cell.slots):
            above = state.S[i - 1, k] if i else number[k]
            below = state.S[i + 1, k] if i + 1 < cell.slots else -1
            S[i, k] = push * above + pop * below + stay * state.S[i, k]
    return (h, S), h


def control(p, state, x):
    h = np.tanh(x @ p.w_x + p.b + (state.h + state.M[0] @ p.w_m) @ p.w_h)
    return h, softmax(h @ p.w_a + p.b_a), sigmoid(h @ p.w_n + p.b_n)


def vector_step(cell, p, state, x):
    h, (push, pop), n = control(p, state, x)
    M = np.empty_like(state.M)
    for i in range(cell.slots):
        below = state.M[i + 1] if i + 1 < cell.slots else 0
        M[i] = push * (state.M[i - 1] if i else n) + pop * below
    return (h, M), h


def baby_step(cell, p, state, x):
    h, a, n = control(p, state, x)
    N = cell.slots
    M = np.zeros_like(state.M)
    for i in range(N):
        M[i] += a[0] * state.M[(i + 1) % N] + a[1] * state.M[(i - 1) % N] + a[2] * state.M[i]
        M[i] += a[3] * state.M[i - 1] if i else 0
        M[i] += a[4] * state.M[i + 1] if i + 1 < N else 0
    M[0] += n
    return (h, M), h


@pytest.mark.parametrize(
    ("cell", "step"),
    [
        (StackRNN(3, stacks=2, slots=4, depth=2), stack_step),
        (VectorStackRNN(3, width=2, slots=4), vector_step),
        (BabyNTM(3, width=2, slots=4), baby_step),
    ],
    ids=name,
)
def test_the_papers_equations(cell, step):
    follows(cell, step)


def test_the_references_numbers_of_a_stack(x64):
    S = np.full((3, 1), -1.0)
    for a, p in [((0.8, 0.1, 0.1), 0.6), ((0.2, 0.7, 0.1), 0.9)]:
        a, empty = np.asarray(a)[:, None], np.array([-1.0])
        S = average(a, (pushed(S, np.array([p])), popped(S, empty), S))
        if p == 0.6:
            np.testing.assert_allclose(S[:, 0], [0.28, -1, -1], rtol=1e-12)
    np.testing.assert_allclose(S[:, 0], [-0.492, -0.744, -1], rtol=1e-12)


def test_the_references_numbers_of_a_tape(x64):
    cell = BabyNTM(1, width=1, slots=3)
    a = np.array([0.4, 0.1, 0.2, 0.1, 0.2])
    M = np.array([[1.0], [2.0], [3.0]])
    found = cell.move(M, a[:, None], np.array([0.5]))
    np.testing.assert_allclose(found[:, 0], [2.2, 2.4, 1.4], rtol=1e-12)


def moved(cell, M, *actions, n=0.0):
    for action in actions:
        M = cell.move(M, jnp.eye(cell.actions)[action][:, None], jnp.full(cell.width, n))
    return M


def test_a_tape_that_turns_and_turns_back_is_as_before():
    cell, M = BabyNTM(1, width=2, slots=3), jnp.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(moved(cell, M, 0)[0], M[1])
    for actions in [(0, 1), (1, 0), (2,), (0, 0, 0)]:
        np.testing.assert_array_equal(moved(cell, M, *actions), M)
    np.testing.assert_array_equal(moved(cell, M, 3, n=9.0), pushed(M, jnp.full(2, 9.0)))  # a push
    np.testing.assert_array_equal(moved(cell, M, 4), popped(M, jnp.zeros(2)))


def test_a_stack_that_pushes_and_pops_has_lost_its_bottom():
    cell, M = VectorStackRNN(1, width=2, slots=3), jnp.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(moved(cell, M, 0, 1, n=9.0), M.at[-1].set(0))


def test_stacks_stay_between_their_smallest_and_largest_numbers(x64):
    cell = StackRNN(3, stacks=2, slots=4)
    p = jax.tree.map(lambda w: 5 * w, cell.init(jax.random.key(0), 2))
    state = cell.initial_state(p)
    np.testing.assert_array_equal(state.S, -1)
    final, _ = unroll.scan(cell, p, state, np.random.default_rng(0).normal(size=(20, 2)))
    assert (abs(final.S) <= 1).all()
    assert (final.S > -1).any()


SURE = 200.0  # a logit that single precision takes for certain


def test_a_stack_of_sure_actions_reverses_a_string():
    bits = np.array([1, 0, 0, 1, 1, 0, 1])
    read, write = np.ones_like(bits), np.zeros_like(bits)
    xs = np.concatenate([[bits, read, write], [write, write, read]], 1).T.astype(np.float32)

    # Units: the bit, reading, writing, always 1, and the bit on top.
    w_x = SURE * np.eye(3, 5) - SURE / 2 * np.array([[0], [1], [1]]).repeat(5, 1)
    w_x[:, 3] = [0, SURE, SURE]
    w_s = np.zeros((1, 5))
    w_s[0, 4] = SURE
    w_a = np.zeros((5, 3))
    w_a[1, 0] = w_a[2, 1] = SURE
    w_p = np.array([[SURE], [0], [0], [-SURE / 2], [0]])
    params = StackRNNParams(w_x, np.zeros((5, 5)), w_s, w_a, w_p)
    params = jax.tree.map(jnp.float32, params)

    cell = StackRNN(5, stacks=1, slots=10, depth=1)
    final, ys = unroll.scan(cell, params, cell.initial_state(params), xs)
    np.testing.assert_array_equal(ys[len(bits) :, 4], bits[::-1])
    np.testing.assert_array_equal(final.S, -1)


def test_a_stack_of_vectors_reverses_a_string():
    symbols = np.array([2, 0, 1, 1, 2, 0])
    one_hot, nothing = np.eye(3)[symbols], np.zeros((6, 3))
    reading = np.repeat([1.0, -1.0], 6)[:, None]
    xs = np.concatenate([np.concatenate([one_hot, nothing]), reading], 1, dtype=np.float32)

    # Units: the symbol, reading or not, the symbol on top as -1 or 1. What is read passes w_h with
    # the units themselves, and outweighs them.
    w_x, w_h, w_m = np.zeros((4, 7)), np.zeros((7, 7)), np.zeros((3, 7))
    w_x[:4, :4] = SURE * np.eye(4)
    w_m[:, 4:] = 4 * np.eye(3)
    w_h[4:, 4:] = SURE * np.eye(3)
    b = np.array([0, 0, 0, 0] + 3 * [-2 * SURE])
    w_a = np.zeros((7, 2))
    w_a[3] = [SURE, -SURE]
    w_n = np.concatenate([SURE * np.eye(3), np.zeros((4, 3))])
    b_n = np.full(3, -SURE / 2)
    params = VectorMemoryParams(w_x, w_h, b, w_m, w_a, np.zeros(2), w_n, b_n)
    params = jax.tree.map(jnp.float32, params)

    cell = VectorStackRNN(7, width=3, slots=8)
    final, ys = unroll.scan(cell, params, cell.initial_state(params), xs)
    np.testing.assert_array_equal(ys[6:, 4:], 2 * one_hot[::-1] - 1)
    np.testing.assert_array_equal(final.M, 0)


def test_a_stack_is_not_read_below_its_last_slot():
    with pytest.raises(ValueError, match="depth must not be above slots"):
        StackRNN(3, slots=2, depth=3)
