import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import ClockworkRNN, Elman
from rnnjax.cells.gated.clockworkrnn import ClockworkRNNState
from rnnjax.cells.plain.elman import ElmanState
from tests.cells.loops import XS, follows
from tests.cells.reference import SINE_XS, sine_vector, sines
from tests.laws.draws import normal, params_of

PERIODS = np.array([1, 1, 2, 4])  # of the units of ClockworkRNN(4, (1, 2, 4))


def step(cell, p, state, x):
    h = state.h.copy()
    for j in range(4):
        if state.t % PERIODS[j] == 0:
            seen = [i for i in range(4) if PERIODS[i] >= PERIODS[j]]
            h[j] = np.tanh(x @ p.w_x[:, j] + state.h[seen] @ p.w_h[seen, j] + p.b[j])
    return (h, state.t + 1), h


def test_the_papers_equations():
    follows(ClockworkRNN(4, (1, 2, 4)), step)


@pytest.mark.parametrize(
    ("t", "expected"),
    [
        (0, [[0.5779166907, -0.2954019312], [0.7663594557, -0.2954019312]]),
        (1, [[0.5779166907, 0], [0.7012786058, -0.3872400164]]),
    ],
)
def test_the_references_numbers(x64, t, expected):
    params = ClockworkRNN.params_type(sines(2, 2, 1), sines(2, 2, 2), sine_vector(2, 3))
    start, xs = ClockworkRNNState(np.zeros(2), np.int32([t])), [*SINE_XS, [-0.5, 1.0]]
    last = [[-0.0281431743, -0.6360355018], [-0.0137057897, -0.3872400164]][t]
    final, ys = unroll.scan(ClockworkRNN(2, (1, 2)), params, start, np.array(xs))
    np.testing.assert_allclose(ys, [*expected, last], rtol=1e-8)
    assert final.t == t + 3


def test_a_slow_unit_sees_no_faster_one():
    cell = ClockworkRNN(4, (1, 2, 4))
    params, h = params_of(cell), normal(2, (4,))
    ys = [
        unroll.scan(cell, params, ClockworkRNNState(start, np.int32([0])), XS)[1]
        for start in (h, h + np.array([1, 1, 0, 0], np.float32))
    ]
    np.testing.assert_array_equal(ys[0][:, 2:], ys[1][:, 2:])
    assert (ys[0][0, :2] != ys[1][0, :2]).all()


def test_of_one_period_it_is_an_elman():
    cell = ClockworkRNN(3, (1,))
    params, h = params_of(cell), normal(2, (3,))
    _, ys = unroll.scan(cell, params, ClockworkRNNState(h, np.int32([0])), XS)
    _, expected = unroll.scan(Elman(3), Elman.params_type(*params), ElmanState(h), XS)
    np.testing.assert_allclose(ys, expected, rtol=1e-6)


def test_weights_that_are_held_at_zero_start_there():
    w_h = np.asarray(ClockworkRNN(3, (1, 2, 4)).init_recurrent(jax.random.key(0)))
    assert (np.triu(w_h, 1) == 0).all()
    assert (np.diag(w_h) != 0).all()


@pytest.mark.parametrize("periods", [(), (0, 1), (2, 1), (1, 1), (1, 2.0), [1, 2], 3])
def test_what_are_no_periods_is_refused(periods):
    with pytest.raises(ValueError, match="periods must be a tuple of whole numbers of 1 or more"):
        ClockworkRNN(3, periods)
