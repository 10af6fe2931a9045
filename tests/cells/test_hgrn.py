import jax
import numpy as np
import pytest

from rnnjax.cells import HGRN, MinGRU, identity
from rnnjax.cells.base import LinearState
from rnnjax.cells.linear.mingru import MinGRUParams
from tests.cells.loops import follows, sigmoid
from tests.laws.draws import params_of


def silu(z):
    return z * sigmoid(z)


def step(cell, p, state, x):
    c = silu(x @ p.w_c + p.b_c)
    c = c[: cell.hidden] + 1j * c[cell.hidden :]
    f = cell.bound + (1 - cell.bound) * sigmoid(x @ p.w_l + p.b_l)
    h = f * np.exp(1j * p.theta) * state.h + (1 - f) * c
    y = (np.concatenate([h.real, h.imag]) * silu(x @ p.w_g + p.b_g)) @ p.w_o + p.b_o
    return (h,), y


def test_the_papers_equations():
    follows(HGRN(3, 0.2), step)


def test_the_references_numbers(x64):
    cell = HGRN(1, activation=identity)
    zeros = jax.tree.map(np.zeros_like, cell.init(jax.random.key(0), 3))
    params = zeros._replace(
        w_c=np.eye(3)[:, :2], w_l=np.eye(3)[:, 2:], theta=np.array([0.5], float)
    )
    state, hs = LinearState(np.zeros(1, complex)), []
    for x in ([1, 2, 0], [-1, 0.5, np.log(4)]):  # f = 0.5, 0.8
        state, _ = cell.step(params, state, np.array(x, float))
        hs.append(complex(state.h[0]))
    expected = [0.5 + 1j, -0.2325074061272 + 0.9938362649540j]
    np.testing.assert_allclose(hs, expected, rtol=1e-12)


def test_phases_start_as_those_of_positions():
    theta = HGRN(4).init(jax.random.key(0), 1).theta
    np.testing.assert_allclose(theta, [1, 1e-2, 1e-4, 1e-6], rtol=1e-5)


@pytest.mark.parametrize("bound", [-0.1, 1.0])
def test_impossible_bounds_are_refused(bound):
    with pytest.raises(ValueError, match=r"bound must be in \[0, 1\)"):
        HGRN(3, bound)


def test_without_phase_and_bound_it_is_two_mingrus_of_one_gate(x64):
    cell, other = HGRN(3, activation=identity), MinGRU(6)
    p = params_of(cell)._replace(theta=np.zeros(3))
    same = MinGRUParams(
        w_x=np.concatenate([-p.w_l, -p.w_l, p.w_c], axis=1),
        b=np.concatenate([-p.b_l, -p.b_l, p.b_c]),
    )
    decay, drive = cell.coefficients(p, np.array([0.5, -1.0]))
    expected = other.coefficients(same, np.array([0.5, -1.0]))
    np.testing.assert_allclose(np.concatenate([decay.real, decay.real]), expected[0], rtol=1e-6)
    np.testing.assert_allclose(np.concatenate([drive.real, drive.imag]), expected[1], rtol=1e-6)
    np.testing.assert_array_equal(decay.imag, 0)
