import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import ESN, GatedState, Orthogonal
from tests.cells.loops import follows
from tests.laws.draws import normal


def step(cell, p, state, x):
    h = (1 - cell.leak) * state.h + cell.leak * np.tanh(x @ p.w_x + state.h @ p.w_h + p.b)
    return (h,), h


def test_the_papers_equation():
    follows(ESN(3, leak=0.4), step)


def test_the_references_numbers(x64):
    w_h = np.array([[0.5, -0.2], [0.3, 0.1]])
    params = ESN.params_type(np.array([[1.0, -1]]), w_h, np.array([0.1, 0]))
    xs = np.array([[1.0], [-0.5]])
    _, ys = unroll.scan(ESN(2, leak=0.3), params, GatedState(np.zeros(2)), xs)
    expected = [[0.240149706528, -0.228478246787], [0.06759977272, -0.038558526975]]
    np.testing.assert_allclose(ys, expected, rtol=1e-9)


def test_states_forget_how_they_started(x64):
    cell = ESN(5, leak=0.5, recurrent_init=Orthogonal(0.8))
    params = cell.init(jax.random.key(0), 2)
    starts = GatedState(normal(3, (2, 5), float))
    xs = np.broadcast_to(normal(4, (60, 1, 2)), (60, 2, 2))
    _, ys = unroll.scan(cell, params, starts, xs)
    apart = np.linalg.norm(ys[:, 0] - ys[:, 1], axis=1)
    bound = np.linalg.norm(starts.h[0] - starts.h[1]) * 0.9 ** np.arange(1, 61)
    assert (apart <= 1.0001 * bound).all()  # (1 - a) + a * 0.8, a step


@pytest.mark.parametrize("leak", [0.0, 1.5])
def test_leaks_that_are_none_are_refused(leak):
    with pytest.raises(ValueError, match="leak must be above 0 and not above 1"):
        ESN(3, leak=leak)
