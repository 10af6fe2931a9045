import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import learning, unroll
from rnnjax.cells import LSTM, Elman
from rnnjax.learning.base import Learning
from rnnjax.learning.dni import Affine, synthesise
from tests.laws.draws import normal

A = np.array([[0.5, 0.2], [-0.3, 0.4]])
# What is to come of `h' = h A` with half the square of every state as the loss: `h W`.
W = np.array([[0.376376376376, -0.112612612613], [-0.112612612613, 0.370120120120]])


def linear(x):
    return x


CELL = Elman(2, activation=linear)
H = normal(0, (3, 2), np.float64)


def solved():
    """Returns W of `W = A (I + W) A^T`."""
    left = np.eye(4) - np.kron(A, A)
    return np.linalg.solve(left, (A @ A.T).ravel()).reshape(2, 2)


def of_linear(rule, w, steps=4):
    """Returns gradients of parameters and first state `[B, 2]`, with `h W` as the estimate."""
    cell = rule.learner(CELL, 1)
    params = jax.tree.map(jnp.zeros_like, cell.init(jax.random.key(0), 1))
    params = params._replace(
        cell=params.cell._replace(w_h=jnp.array(A)),
        synthesiser=(Affine(jnp.array(w), jnp.zeros(2)),),
    )
    start = cell.initial_state(params, (3,))

    def loss(params, h):
        h = type(CELL.initial_state(params.cell))(h)
        state = Learning(h, start.memory) if isinstance(start, Learning) else h
        _, ys = rule(cell, params, state, jnp.zeros((steps, 3, 1)))
        return 0.5 * jnp.sum(ys**2)

    return jax.jit(jax.grad(loss, argnums=(0, 1)))(params, jnp.array(H))


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("window", [1, 3, 4])
def test_with_the_true_future_it_is_backpropagation_through_all_that_follows(window):
    true = solved()
    np.testing.assert_allclose(true, W, atol=1e-11)
    params, h = of_linear(learning.DNI(window=window, carry=True), true)
    np.testing.assert_allclose(h, H @ true, atol=1e-12)
    before, total = H, 0
    for _ in range(4):
        after = before @ A
        total = total + before.T @ after @ (np.eye(2) + true)
        before = after
    np.testing.assert_allclose(params.cell.w_h, total, atol=1e-12)
    # M is right wherever it is asked, so there is nothing for it to learn.
    np.testing.assert_allclose(params.synthesiser[0].w, 0, atol=1e-12)


@pytest.mark.usefixtures("x64")
def test_what_it_learns_is_a_bootstrap_that_goes_on_by_a_step_a_round():
    w, rule = np.zeros((2, 2)), learning.DNI(carry=True)
    for rounds in range(1, 4):
        d_params, _ = of_linear(rule, w, steps=2)
        target = A @ (np.eye(2) + w) @ A.T
        starts = np.concatenate([H, H @ A])
        error = starts @ (w - target)
        np.testing.assert_allclose(d_params.synthesiser[0].w, starts.T @ error, atol=1e-12)
        np.testing.assert_allclose(d_params.synthesiser[0].b, error.sum(0), atol=1e-12)
        # The least of that loss, at which M knows so many steps and no more.
        w = w - np.linalg.solve(starts.T @ starts, d_params.synthesiser[0].w)
        each = [np.linalg.matrix_power(A, k) for k in range(1, rounds + 1)]
        np.testing.assert_allclose(w, sum(x @ x.T for x in each), atol=1e-12)
    # Each further round is the square of the spectral radius nearer.
    rate = np.linalg.norm(A @ (w - solved()) @ A.T) / np.linalg.norm(w - solved())
    assert rate < 1.5 * np.abs(np.linalg.eigvals(A)).max() ** 2


LSTM_CELL, STEPS, BATCH = LSTM(2), 5, 3
MASK = np.array([[1, 1, 1], [1, 1, 0], [1, 1, 1], [1, 0, 1], [1, 0, 1]], bool)
RESET = np.array([[0, 0, 0], [0, 0, 1], [1, 0, 0], [0, 0, 0], [0, 0, 1]], bool)


def of_lstm(rule, layers=None, flags=(MASK, RESET)):
    """Returns gradients of a weighted sum of outputs and last state, and of its synthesiser."""
    cell = rule.learner(LSTM_CELL, 2)
    params = cell.init(jax.random.key(0), 2)
    if layers is not None:
        params = params._replace(synthesiser=layers)
    xs, weights = normal(1, (STEPS, BATCH, 2)), normal(2, (STEPS, BATCH, 2))

    def loss(params, start):
        mask, reset = flags
        after, ys = rule(cell, params, start, jnp.array(xs), mask=mask, reset=reset)
        return jnp.sum(weights * ys) + jnp.sum(after.c**2)

    start = jax.tree.map(lambda x: x + 0.4, cell.initial_state(params, (BATCH,)))
    d_params, d_start = jax.jit(jax.grad(loss, argnums=(0, 1)))(params, start)
    return getattr(d_params, "cell", d_params), d_start, getattr(d_params, "synthesiser", None)


def same(found, expected):
    for x, y in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_array_equal(x, y)


def some_layers():
    w, b = normal(5, (4, 4)), normal(6, (4,))
    return (Affine(jnp.array(w, float), jnp.array(b, float)),)


@pytest.mark.parametrize("hidden", [None, 3])
def test_untrained_it_is_truncated_backpropagation_bit_for_bit(hidden):
    found = of_lstm(learning.DNI(window=2, hidden=hidden))
    same(found[:2], of_lstm(learning.TBPTT(window=2))[:2])
    assert np.abs(found[2][-1].b).max() > 0.1


def test_with_one_window_it_is_backpropagation_and_never_asks():
    *found, own = of_lstm(learning.DNI(window=STEPS), some_layers())
    same(found, of_lstm(learning.TBPTT(window=STEPS))[:2])
    assert not any(x.any() for x in jax.tree.leaves(own))


@pytest.mark.usefixtures("x64")
def test_windows_are_told_what_follows_and_their_own_is_what_it_learns():
    """Each window and sequence by hand, backpropagated from M where the sequence goes on."""
    layers, rule = some_layers(), learning.DNI(window=2)
    d_params, d_start, own = of_lstm(rule, layers)
    params = rule.learner(LSTM_CELL, 2).init(jax.random.key(0), 2).cell
    xs, weights = normal(1, (STEPS, BATCH, 2)), normal(2, (STEPS, BATCH, 2))
    initial = LSTM_CELL.initial_state(params)

    def as_vector(state):
        return jnp.concatenate([state.h, state.c])

    def window(params, state, b, times, estimate):
        loss = 0.0
        for t in times:
            if MASK[t, b]:
                state = initial if RESET[t, b] else state
                state, y = LSTM_CELL.step(params, state, jnp.array(xs[t, b]))
                loss += y @ weights[t, b]
        if times[-1] == STEPS - 1:
            loss += jnp.sum(state.c**2)
        if estimate is not None:
            loss += as_vector(state) @ estimate
        return loss, state

    total, total_own = jax.tree.map(jnp.zeros_like, (params, layers))
    # Sequence 0 begins anew at the second window, 1 ends in it, 2 begins anew at the last.
    goes_on = {(1, 2), (2, 2), (0, 4)}
    for b in range(BATCH):
        state = jax.tree.map(lambda x: x + 0.4, initial)
        for start in (0, 2, 4):
            times, end = list(range(start, min(start + 2, STEPS))), start + 2
            _, after = window(params, state, b, times, None)
            told = (b, end) in goes_on
            estimate = synthesise(layers, as_vector(after)) if told else None
            pull = jax.grad(window, argnums=(0, 1), has_aux=True)
            (d_theta, c), _ = pull(params, state, b, times, estimate)
            total = jax.tree.map(jnp.add, total, d_theta)
            if start == 0:
                np.testing.assert_allclose(d_start.h[b], c.h, atol=1e-12)
            if (b, start) in goes_on:
                error, pull = jax.vjp(functools.partial(synthesise, h=as_vector(state)), layers)
                total_own = jax.tree.map(jnp.add, total_own, pull(error - as_vector(c))[0])
            state = after
    for x, y in zip(
        jax.tree.leaves((d_params, own)), jax.tree.leaves((total, total_own)), strict=True
    ):
        np.testing.assert_allclose(x, y, atol=1e-10)


def test_it_runs_a_cell_with_a_synthesiser_in_its_parameters():
    cell = learning.DNI().learner(Elman(2), 3)
    params = cell.init(jax.random.key(0), 3)
    xs = jnp.array(normal(1, (4, 3)))
    found = learning.DNI(window=2)(cell, params, cell.initial_state(params), xs)
    plain = unroll.scan(Elman(2), params.cell, Elman(2).initial_state(params.cell), xs)
    same(found, plain)
    with pytest.raises(
        TypeError, match=r"^learning\.DNI runs a cell with a synthesiser, .*; got El"
    ):
        learning.DNI()(Elman(2), params.cell, Elman(2).initial_state(params.cell), xs)
