import jax
import numpy as np
import pytest

from rnnjax.cells import MUT1, MUT2, MUT3, Chrono, GatedState
from rnnjax.cells.gated.mut1 import MUT1Params
from rnnjax.cells.gated.mut2 import MUT2Params
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import XS, H, vector, wide


def mut1(cell, p, state, x):
    (w_z, w_r), (u_r, u_n) = np.split(p.w_x, 2, 1), np.split(p.w_h, 2, 1)
    b_z, b_r, b_n = np.split(p.b, 3)
    seen = x if p.w_p is None else x @ p.w_p
    z = sigmoid(x @ w_z + b_z)
    r = sigmoid(x @ w_r + state.h @ u_r + b_r)
    h = z * np.tanh((r * state.h) @ u_n + np.tanh(seen) + b_n) + (1 - z) * state.h
    return (h,), h


def mut2(cell, p, state, x):
    (w_z, w_n), (u_z, u_r, u_n) = np.split(p.w_x, 2, 1), np.split(p.w_h, 3, 1)
    b_z, b_r, b_n = np.split(p.b, 3)
    seen = x if p.w_p is None else x @ p.w_p
    z = sigmoid(x @ w_z + state.h @ u_z + b_z)
    r = sigmoid(seen + state.h @ u_r + b_r)
    h = z * np.tanh((r * state.h) @ u_n + x @ w_n + b_n) + (1 - z) * state.h
    return (h,), h


def mut3(cell, p, state, x):
    (w_z, w_r, w_n), (u_z, u_r, u_n) = np.split(p.w_x, 3, 1), np.split(p.w_h, 3, 1)
    b_z, b_r, b_n = np.split(p.b, 3)
    z = sigmoid(x @ w_z + np.tanh(state.h) @ u_z + b_z)
    r = sigmoid(x @ w_r + state.h @ u_r + b_r)
    h = z * np.tanh((r * state.h) @ u_n + x @ w_n + b_n) + (1 - z) * state.h
    return (h,), h


@pytest.mark.parametrize(
    ("cell", "step"),
    [(MUT1(2), mut1), (MUT1(3), mut1), (MUT2(2), mut2), (MUT2(3), mut2), (MUT3(3), mut3)],
)
def test_the_papers_equations(cell, step):
    follows(cell, step)


def numbers(kind, w_p=None):
    b = vector(6, 7, 8)
    if kind is MUT1:
        return MUT1Params(wide(0, 1), wide(4, 5), b, w_p)
    if kind is MUT2:
        return MUT2Params(wide(0, 2), wide(3, 4, 5), b, w_p)
    return MUT3.params_type(wide(0, 1, 2), wide(3, 4, 5), b)


@pytest.mark.parametrize(
    ("kind", "projection", "expected"),
    [
        (MUT1, None, [0.450288630725, 0.110411727804]),
        (MUT2, None, [0.060570869197, -0.038352962882]),
        (MUT3, None, [0.010383822941, 0.007670156583]),
        (MUT1, 2, [0.047188993271, -0.001211603050]),
        (MUT2, 1, [0.011452314654, 0.007425879449]),
    ],
)
def test_the_references_numbers(x64, kind, projection, expected):
    params = numbers(kind, None if projection is None else wide(projection))
    state = GatedState(H)
    for x in XS:  # an engine takes no projection where there are as many inputs as units
        state, _ = kind(2).step(params, state, x)
    np.testing.assert_allclose(state.h, expected, rtol=1e-9)


@pytest.mark.parametrize(("kind", "recurrent"), [(MUT1, 6), (MUT2, 9)])
def test_there_is_a_projection_where_inputs_and_units_are_not_as_many(kind, recurrent):
    for input_dim, shape in ((3, None), (2, (2, 3))):
        params = kind(3).init(jax.random.key(0), input_dim)
        assert params.w_x.shape == (input_dim, 6)
        assert params.w_h.shape == (3, recurrent)
        assert (params.w_p if params.w_p is None else params.w_p.shape) == shape


@pytest.mark.parametrize("kind", [MUT1, MUT2, MUT3])
def test_memories_that_last_start_with_a_gate_that_hardly_writes(kind):
    b = kind(50, bias_init=Chrono(100)).init(jax.random.key(0), 2).b
    assert -np.log(99) <= b[:50].min() < b[:50].max() <= 0
    np.testing.assert_array_equal(b[50:], 0)
