import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GatedState, LipschitzRNN
from tests.cells.loops import follows


def mixed(cell, w):
    skew, symmetric = cell.beta * (w - w.T), (1 - cell.beta) * (w + w.T)
    return skew + symmetric - cell.gamma * np.eye(cell.hidden)


def step(cell, p, state, x):
    a, w = (mixed(cell, block) for block in np.split(p.w_h, 2, axis=1))
    h = state.h
    h = h + cell.epsilon * (h @ a) + cell.epsilon * np.tanh(h @ w + x @ p.w_x + p.b)
    return (h,), h


@pytest.mark.parametrize("beta", [1.0, 0.3])
def test_the_papers_equation(beta):
    follows(LipschitzRNN(3, epsilon=0.4, beta=beta, gamma=0.2), step)


def test_the_references_numbers(x64):
    w_h = np.array([[0.2, 0.5, 0.4, -0.2], [-0.1, 0.3, 0.6, 0.1]])
    params = LipschitzRNN.params_type(np.array([[1.0, -1]]), w_h, np.array([0.1, 0.2]))
    cell, xs = LipschitzRNN(2, epsilon=0.1), np.array([[1.0], [0.5]])
    _, ys = unroll.scan(cell, params, GatedState(np.zeros(2)), xs)
    expected = [[0.080049902176, -0.066403677027], [0.134374865738, -0.096006562508]]
    np.testing.assert_allclose(ys, expected, rtol=1e-10)


@pytest.mark.parametrize("numbers", [{"epsilon": 0.0}, {"beta": 1.5}, {"gamma": -0.1}])
def test_impossible_numbers_are_refused(numbers):
    with pytest.raises(ValueError, match=f"{next(iter(numbers))} must be"):
        LipschitzRNN(3, **numbers)
