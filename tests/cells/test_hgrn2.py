import numpy as np
import pytest

from rnnjax.cells import HGRN2, MinGRU, identity
from rnnjax.cells.matrix.hgrn2 import HGRN2Params
from rnnjax.cells.matrix.memories import MatrixState
from tests.cells.loops import sigmoid
from tests.cells.matrices import agrees_with, composes, heads_of
from tests.laws.draws import normal, params_of


def step(cell, p, state, x):
    (S,) = state
    o, f = sigmoid(x @ p.w_o + p.b_o), cell.bound + (1 - cell.bound) * sigmoid(x @ p.w_f + p.b_f)
    i = x @ p.w_i + p.b_i
    o, f, i = (heads_of(cell, z) for z in (o, f, i * sigmoid(i)))
    S = np.stack([np.diag(f[h]) @ S[h] + np.outer(1 - f[h], i[h]) for h in range(cell.heads)])
    return (S,), np.concatenate([o[h] @ S[h] for h in range(cell.heads)])


def test_the_papers_equations_on_every_engine():
    agrees_with(step, HGRN2(4, heads=2, key_dim=3, bound=0.2))


def test_steps_compose():
    composes(HGRN2(4, heads=2))


def test_heads_of_one_unit_are_a_mingru_behind_a_gate(x64):
    cell, other = HGRN2(3, heads=3, activation=identity), MinGRU(3)
    p = params_of(other)
    w_z, w_n = np.split(np.asarray(p.w_x), 2, 1)
    b_z, b_n = np.split(np.asarray(p.b), 2)
    same = HGRN2Params(np.ones((2, 3)), np.zeros(3), -w_z, -b_z, w_n, b_n)
    state, h = cell.initial_state(same), other.initial_state(p)
    for x in normal(1, (5, 2)).astype(float):
        (state, y), (h, expected) = cell.step(same, state, x), other.step(p, h, x)
        np.testing.assert_allclose(y, sigmoid(x.sum()) * expected, rtol=1e-6)


def test_an_input_that_stays_is_kept_in_each_row(x64):
    cell = HGRN2(3)
    params, x = params_of(cell), np.array([0.5, -1.0])
    i = np.asarray(x @ params.w_i + params.b_i)
    S = np.tile(i * sigmoid(i), (1, 3, 1))
    np.testing.assert_allclose(cell.step(params, MatrixState(S), x)[0].S, S, rtol=1e-6)


def test_impossible_bounds_are_refused():
    with pytest.raises(ValueError, match=r"bound must be in \[0, 1\)"):
        HGRN2(3, bound=1.0)
