import numpy as np

from rnnjax import unroll
from rnnjax.cells import Elman, GatedState, IndRNN, relu
from rnnjax.cells.plain.elman import ElmanState
from tests.cells.loops import XS, follows
from tests.laws.draws import params_of


def step(cell, p, state, x):
    h = np.maximum(x @ p.w_x + state.h * p.w_h + p.b, 0)
    return (h,), h


def test_the_papers_equation():
    follows(IndRNN(3), step)


def test_the_references_numbers(x64):
    params = IndRNN.params_type(np.array([[0.5, -1.0]]), np.array([0.9, 0.5]), np.array([0.1, 0.2]))
    _, ys = unroll.scan(IndRNN(2), params, GatedState(np.zeros(2)), np.array([[1.0], [2.0]]))
    np.testing.assert_allclose(ys, [[0.6, 0], [1.64, 0]], rtol=1e-14)


def test_it_is_an_elman_of_a_diagonal_matrix():
    params = params_of(IndRNN(3))
    _, ys = unroll.scan(IndRNN(3), params, GatedState(np.ones(3)), XS)
    elman = (params.w_x, np.diag(params.w_h), params.b)
    _, expected = unroll.scan(Elman(3, relu), Elman.params_type(*elman), ElmanState(np.ones(3)), XS)
    np.testing.assert_allclose(ys, expected, rtol=1e-6)
