"""Runs of a wrapped cell on engines of each contract, with masks, resets and noise.

Wrapped cells in the catalogue are under all the laws; this is for what those do not see.
"""

import functools

import jax
import numpy as np

from rnnjax import compose, unroll
from tests.laws.draws import assert_close, normal, weigh

T, B, D = 6, 3, 2
XS = normal(1, (T, B, D))
MASK = np.random.default_rng(0).random((T, B)) < 0.7
RESET = np.random.default_rng(1).random((T, B)) < 0.2
ENGINES = (unroll.Deferred(chunk=4), unroll.LinearScan(chunk=4))


def inputs(cell, params, *, train):
    """Returns inputs, in training with noise."""
    return compose.noisy(cell, jax.random.key(7), params, XS) if train else XS


def outcome(engine, cell, params, xs, mask=MASK, reset=RESET):
    """Returns the final state and the outputs."""
    state = cell.initial_state(params, (B,))
    return engine(cell, params, state, xs, mask=mask, reset=reset)


@functools.partial(jax.jit, static_argnums=0)
def results(engine, cell, params, xs):
    """Returns the gradient by params, the final state and the outputs."""

    def total(params):
        found = outcome(engine, cell, params, xs)
        return weigh(found), found

    return jax.grad(total, has_aux=True)(params)


def by_hand(step, initial):
    """Runs `step(t, state) -> (state, y)` in NumPy; states are tuples of `[B, ...]`."""

    def choose(flag, these, others):
        flags = [flag.reshape(B, *[1] * (np.ndim(x) - 1)) for x in these]
        return tuple(np.where(*chosen) for chosen in zip(flags, these, others, strict=True))

    state, ys = initial, []
    for t in range(T):
        start = choose(RESET[t], initial, state)
        after, y = step(t, start)
        ys.append(np.where(MASK[t][:, None], y, 0))
        state = choose(MASK[t], after, state)
    return state, np.stack(ys)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(params, x, h, c, w_h=None, candidate=1.0, noise=0.0):
    """One step of an LSTM in NumPy; returns `h` and `c`."""
    z = x @ params.w_x + h @ (params.w_h if w_h is None else w_h) + params.b + noise
    i, f, g, o = np.split(z, 4, -1)
    c = sigmoid(f) * c + sigmoid(i) * (candidate * np.tanh(g))
    return sigmoid(o) * np.tanh(c), c


def gru(params, x, h, w_h=None, candidate=1.0):
    """One step of a GRU in NumPy; returns `h`."""
    u = np.split(x @ params.w_x + params.b, 3, -1)
    v = np.split(h @ (params.w_h if w_h is None else w_h), 3, -1)
    r, z = sigmoid(u[0] + v[0]), sigmoid(u[1] + v[1])
    n = candidate * np.tanh(u[2] + r * (v[2] + params.b_n))
    return (1 - z) * n + z * h


def engines_agree(cell, params, *, train):
    """Compares all engines that serve a cell with the plain loop; says how many those were."""
    xs = inputs(cell, params, train=train)
    served = [engine for engine in ENGINES if engine.serves(cell)]
    expected = results(unroll.scan, cell, params, xs)
    for engine in served:
        assert_close(results(engine, cell, params, xs), expected)
    return len(served)
