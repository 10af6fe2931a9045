import itertools

import jax
import numpy as np
import pytest

from rnnjax.cells import RWKV4
from rnnjax.cells.matrix.rwkv4 import RWKV4Params
from tests.cells.loops import sigmoid
from tests.cells.matrices import MASK, RESET, XS, B, T, composes, on_every_engine
from tests.laws.draws import doubled, normal, params_of


def averages(p, xs):
    """Returns the outputs for the inputs of a row, of which the first begins: by the sums."""
    r, k, v = (xs @ w for w in (p.w_r, p.w_k, p.w_v))
    ys = []
    for t in range(len(xs)):
        weights = [np.exp(-(t - 1 - j) * np.exp(p.d) + k[j]) for j in range(t)]
        weights = np.array([*weights, np.exp(p.u + k[t])])
        ys.append(sigmoid(r[t]) * (weights * v[: t + 1]).sum(0) / weights.sum(0))
    return ys


def test_the_papers_sums_on_every_engine():
    cell = RWKV4(4)
    params = doubled(params_of(cell))
    expected = np.zeros((T, B, 4))
    for row in range(B):
        there = np.flatnonzero(MASK[:, row])
        starts = [0, *(i for i, t in enumerate(there) if i and RESET[t, row]), len(there)]
        for start, end in itertools.pairwise(starts):
            times = there[start:end]
            expected[times, row] = averages(params, XS[times, row])
    with jax.enable_x64(True):
        state = cell.initial_state(params, (B,))
        for _, ys in on_every_engine(cell, params, state, XS, MASK, RESET):
            np.testing.assert_allclose(ys, expected, rtol=1e-9)


def test_steps_compose():
    composes(RWKV4(3))


def run(params, xs):
    cell = RWKV4(params.d.size)
    return jax.lax.scan(
        lambda state, x: cell.step(params, state, x), cell.initial_state(params), xs
    )[1]


def test_the_references_numbers(x64):
    # Inputs are r, k and v; receptances of 60 are open.
    eye = np.eye(3)
    params = RWKV4Params(eye[:, :1], eye[:, 1:2], eye[:, 2:], np.array([-0.5]), np.array([0.3]))
    xs = np.array([[60, 0.1, 1], [60, -0.4, 2], [60, 1.2, -1]])
    expected = [1, 1.450166002687522, -0.4411201729201061]
    np.testing.assert_allclose(run(params, xs)[:, 0], expected, rtol=1e-14)


def test_without_decay_and_bonus_it_is_the_mean_by_softmax(x64):
    params = params_of(RWKV4(3))._replace(d=np.full(3, -1e3), u=np.zeros(3))
    xs = normal(1, (6, 2)).astype(float)
    r, k, v = (np.asarray(xs @ w) for w in params[:3])
    means = np.cumsum(np.exp(k) * v, 0) / np.cumsum(np.exp(k), 0)
    np.testing.assert_allclose(run(params, xs), sigmoid(r) * means, rtol=1e-12)


def test_a_token_shift_is_a_matter_of_the_inputs(x64):
    params, rng = params_of(RWKV4(3)), np.random.default_rng(0)
    mu = rng.uniform(size=(3, 2))
    xs = rng.normal(size=(6, 2))
    before = np.concatenate([np.zeros((1, 2)), xs[:-1]])
    shifted = [m * xs + (1 - m) * before for m in mu]
    r, k, v = (np.asarray(x @ w) for x, w in zip(shifted, params[:3], strict=True))
    eye = np.eye(9)
    given = RWKV4Params(eye[:, :3], eye[:, 3:6], eye[:, 6:], params.d, params.u)
    expected = run(given, np.concatenate([r, k, v], 1))
    halves = (
        np.concatenate([m[:, None] * w, (1 - m)[:, None] * w])
        for m, w in zip(mu, params[:3], strict=True)
    )
    found = run(RWKV4Params(*halves, params.d, params.u), np.concatenate([xs, before], 1))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_logits_of_any_size_are_weighed():
    eye = np.eye(3, dtype=np.float32)
    params = RWKV4Params(eye[:, :1], eye[:, 1:2], eye[:, 2:], np.full(1, 5.0), np.zeros(1))
    xs = np.array([[60, -3e4, 1], [60, -3e4, 2], [60, 3e4, -1], [60, 100, 7]], np.float32)
    np.testing.assert_allclose(run(params, xs)[:, 0], [1, 1.5, -1, -1], rtol=1e-6)


def test_places_outside_of_the_network_are_refused():
    with pytest.raises(ValueError, match=r"depth must be in \[0, 1\]"):
        RWKV4(4, depth=-0.1)
