import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import MCLSTM
from rnnjax.cells.gated.mclstm import MCLSTMParams, MCLSTMState
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import sines
from tests.laws.draws import normal


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


def step(cell, p, state, x):
    m, a = np.maximum(x[: cell.mass_inputs], 0), x[cell.mass_inputs :]
    features = np.concatenate([a, state.c / state.c.sum()])
    i = softmax((features @ p.w_i + p.b_i).reshape(len(m), -1))
    r = softmax((features @ p.w_r + p.b_r).reshape(cell.hidden, cell.hidden))
    o = sigmoid(features @ p.w_o + p.b_o)
    total = state.c @ r + m @ i
    return ((1 - o) * total,), o * total


def test_the_papers_equations():
    follows(MCLSTM(3), step)
    follows(MCLSTM(3, mass_inputs=2), step)


def test_the_references_numbers(x64):
    params = MCLSTMParams(
        w_i=sines(4, 2, 1),
        b_i=np.zeros(2),
        w_r=sines(4, 4, 2),
        b_r=np.eye(2).ravel(),
        w_o=sines(4, 2, 3),
        b_o=np.full(2, -3.0),
    )
    xs = np.array([[2, 0.5, -1.0], [1, 1.5, 0.25]])
    final, ys = unroll.scan(MCLSTM(2), params, MCLSTMState(np.zeros(2)), xs)
    np.testing.assert_allclose(final.c, [1.6665132405, 1.1290786997], rtol=1e-9)
    np.testing.assert_allclose(ys[-1], [0.0902686754, 0.0281602417], rtol=1e-8)


def test_what_comes_in_stays_or_has_left():
    cell, xs = MCLSTM(4, mass_inputs=2), np.abs(normal(1, (20, 3)))
    params = cell.init(jax.random.key(0), 3)
    start = MCLSTMState(np.ones(4, np.float32))
    final, ys = unroll.scan(cell, params, start, xs)
    np.testing.assert_allclose(final.c.sum() + ys.sum(), 4 + xs[:, :2].sum(), rtol=1e-5)
    assert (ys >= 0).all()


def test_there_are_as_many_inputs_as_masses():
    with pytest.raises(ValueError, match="takes 3 masses or more as inputs; got D = 2"):
        MCLSTM(4, mass_inputs=3).init(jax.random.key(0), 2)
