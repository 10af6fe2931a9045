import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GatedState, LeakyElman, MiRU1, MiRU2
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import XS, H, vector, wide


def miru1(cell, p, state, x):
    (w_r, w_n), (u_r, u_n) = np.split(p.w_x, 2, 1), np.split(p.w_h, 2, 1)
    b_r, b_n = np.split(p.b, 2)
    r = sigmoid(x @ w_r + state.h @ u_r + b_r)
    n = np.tanh(x @ w_n + (r * state.h) @ u_n + b_n)
    h = cell.lam * state.h + (1 - cell.lam) * n
    return (h,), h


def miru2(cell, p, state, x):
    n = np.tanh(x @ p.w_x + (cell.beta * state.h) @ p.w_h + p.b)
    h = cell.lam * state.h + (1 - cell.lam) * n
    return (h,), h


@pytest.mark.parametrize(
    ("cell", "step"), [(MiRU1(3, lam=0.8), miru1), (MiRU2(3, lam=0.8, beta=0.3), miru2)]
)
def test_the_papers_equations(cell, step):
    follows(cell, step)


def test_the_references_numbers(x64):
    params = MiRU1.params_type(wide(0, 1), wide(2, 3), vector(4, 5))
    final, _ = unroll.scan(MiRU1(2), params, GatedState(H), XS)
    np.testing.assert_allclose(final.h, [0.600112339661, -0.499473834606], rtol=1e-10)

    params = MiRU2.params_type(wide(0), wide(1), vector(2))
    final, ys = unroll.scan(MiRU2(2), params, GatedState(H), XS)
    np.testing.assert_allclose(final.h, [-0.136323810108, 0.133000573196], rtol=1e-10)

    leaky = LeakyElman.params_type(wide(0), 0.5 * wide(1), vector(2))
    _, expected = unroll.scan(LeakyElman(2, dt=0.5, tau=1.0), leaky, GatedState(H), XS)
    np.testing.assert_allclose(ys, expected, rtol=1e-12)


@pytest.mark.parametrize("cell", [MiRU1, MiRU2])
@pytest.mark.parametrize("lam", [-0.1, 1.0])
def test_numbers_that_do_not_mix_are_refused(cell, lam):
    with pytest.raises(ValueError, match="lam must be 0 or more and below 1"):
        cell(3, lam=lam)
