"""Linear recurrences whose gates see an input and the one before it."""

import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import QRNN, TypedGRU, TypedLSTM
from rnnjax.cells.linear.window import WindowParams
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import SINE_XS, sine_vector, sines
from tests.laws.draws import normal, params_of, state_of

CELLS = (QRNN, TypedGRU, TypedLSTM)


def step(function):
    def step(cell, p, state, x):
        z, f, o = np.split(x @ p.w_x + p.b + state.previous, 3)
        c, y = function(z, f, o, state.c)
        return (c, x @ p.w_p, np.split(state.previous, 3)[2]), y

    return step


def quasi_recurrent(z, f, o, c):
    c = sigmoid(f) * c + (1 - sigmoid(f)) * np.tanh(z)
    return c, sigmoid(o) * c


def typed_gru(z, f, o, c):
    c = sigmoid(f) * c + z * np.tanh(o)
    return c, c


def typed_lstm(z, f, o, c):
    c = sigmoid(f) * c + (1 - sigmoid(f)) * z
    return c, c * np.tanh(o)


@pytest.mark.parametrize(
    ("kind", "function"),
    [(QRNN, quasi_recurrent), (TypedGRU, typed_gru), (TypedLSTM, typed_lstm)],
)
def test_the_papers_equations(kind, function):
    follows(kind(3), step(function))


@pytest.mark.parametrize(
    ("kind", "c", "y"),
    [
        (QRNN, [0.6747202273, -0.2280539219], [0.2384554802, -0.0670793405]),
        (TypedGRU, [-0.7404045678, 0.7711635074], [-0.7404045678, 0.7711635074]),
        (TypedLSTM, [0.9764151614, -0.2702913880], [-0.5272026562, 0.1903101152]),
    ],
)
def test_the_references_numbers(kind, c, y, x64):
    params = WindowParams(sines(2, 6, 1), sines(2, 6, 2), sine_vector(6, 3))
    cell = kind(2)
    final, ys = unroll.scan(cell, params, cell.initial_state(params), SINE_XS)
    np.testing.assert_allclose(final.c, c, rtol=1e-9)
    np.testing.assert_allclose(ys[-1], y, rtol=1e-9)


@pytest.mark.parametrize("kind", CELLS)
def test_steps_compose_in_any_grouping(kind, x64):
    """Of four steps, in pairs and one after another: each map of a state is that of the steps."""
    cell, xs = kind(3), normal(2, (4, 2)).astype(float)
    params, state = jax.tree.map(lambda x: np.asarray(x, float), (params_of(cell), state_of(cell)))
    e = [cell.element(params, x_t) for x_t in xs]
    pairs = cell.compose(cell.compose(e[0], e[1]), cell.compose(e[2], e[3]))
    chain = cell.compose(e[0], cell.compose(e[1], cell.compose(e[2], e[3])))
    expected, _ = unroll.scan(cell, params, state, xs)
    for element in (pairs, chain):
        for found, wanted in zip(cell.apply(element, state), expected, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-9)
