import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import AntisymmetricRNN, GatedAntisymmetricRNN, GatedState
from tests.cells.loops import follows, sigmoid
from tests.laws.draws import params_of

XS = np.array([[1.0], [0.5]])
W, V, B = np.array([[0.3, 0.7], [-0.2, 0.1]]), np.array([[1.0, -1]]), np.array([0.1, 0.2])
ZERO = GatedState(np.zeros(2))


def maps(cell, p, h):
    """Returns the product of the state."""
    return h @ (p.w_h - p.w_h.T - cell.gamma * np.eye(cell.hidden))


def step(cell, p, state, x):
    h = state.h + cell.epsilon * np.tanh(x @ p.w_x + maps(cell, p, state.h) + p.b)
    return (h,), h


def gated_step(cell, p, state, x):
    z, n = np.split(x @ p.w_x + p.b, 2)
    product = maps(cell, p, state.h)
    h = state.h + cell.epsilon * sigmoid(product + z) * np.tanh(product + n)
    return (h,), h


def test_the_papers_equations():
    follows(AntisymmetricRNN(3, epsilon=0.4, gamma=0.2), step)
    follows(GatedAntisymmetricRNN(3, epsilon=0.4, gamma=0.2), gated_step)


def test_the_references_numbers(x64):
    cell = AntisymmetricRNN(2, epsilon=0.5, gamma=0.1)
    _, ys = unroll.scan(cell, cell.params_type(V, W, B), ZERO, XS)
    expected = [[0.40024951088, -0.332018385134], [0.74806678499, -0.285440625056]]
    np.testing.assert_allclose(ys, expected, rtol=1e-10)


def test_the_references_numbers_with_a_gate(x64):
    cell = GatedAntisymmetricRNN(2, epsilon=0.5, gamma=0.1)
    w_x = np.concatenate([[[0.5, 0.25]], V], axis=1)
    _, ys = unroll.scan(cell, cell.params_type(w_x, W, np.array([0, 0, 0.1, 0.2])), ZERO, XS)
    expected = [[0.249139042856, -0.186652933984], [0.437499213158, -0.203509037451]]
    np.testing.assert_allclose(ys, expected, rtol=1e-10)


@pytest.mark.parametrize(("epsilon", "modulus"), [(0.2, None), (2 * 0.1 / 0.82, 1.0)])
def test_a_step_is_stable_up_to_its_bound(x64, epsilon, modulus):
    cell = AntisymmetricRNN(2, epsilon=epsilon, gamma=0.1)
    params = cell.params_type(0 * V, W, 0 * B)
    jacobian = jax.jacobian(lambda h: cell.step(params, GatedState(h), np.zeros(1))[1])(np.zeros(2))
    sizes = abs(np.linalg.eigvals(jacobian))
    expected = modulus or abs(1 + epsilon * (-0.1 + 0.9j))
    np.testing.assert_allclose(sizes, [expected, expected], rtol=1e-12)


def test_the_symmetric_part_of_the_weights_does_not_count():
    cell = AntisymmetricRNN(3)
    params = params_of(cell)
    other = params._replace(w_h=params.w_h + 0.5 * (params.w_h + params.w_h.T))
    expected, found = (cell.prepare(p).w_h for p in (params, other))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("numbers", [{"epsilon": 0.0}, {"gamma": -0.1}])
def test_impossible_numbers_are_refused(numbers):
    with pytest.raises(ValueError, match=f"{next(iter(numbers))} must be"):
        GatedAntisymmetricRNN(3, **numbers)
