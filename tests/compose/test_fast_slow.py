import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LSTM, Elman
from rnnjax.cells.plain.elman import ElmanState
from rnnjax.compose import FastSlow, noisy, zoneout
from rnnjax.compose.fast_slow import FastSlowParams, FastSlowState
from tests.cells.reference import SINE_XS, sine_vector, sines
from tests.compose.wrapped import XS, B, D
from tests.filled import params_of
from tests.laws.draws import assert_close


def seeded(n):
    return Elman.params_type(sines(2, 2, n), sines(2, 2, n + 1), sine_vector(2, n + 2))


def test_the_references_numbers(x64):
    third = seeded(10)._replace(w_x=jnp.ones((1, 2)))  # which nothing comes in by
    params = FastSlowParams((seeded(1), seeded(7), third), seeded(4))
    state = FastSlowState(ElmanState(np.zeros(2)), ElmanState(np.zeros(2)))
    final, ys = unroll.scan(FastSlow((Elman(2),) * 3, Elman(2)), params, state, SINE_XS)
    np.testing.assert_allclose(ys[-1], [-0.53932698, 0.54092316], rtol=2e-8)
    np.testing.assert_allclose(final.slow.h, [0.23448250, 0.26193413], rtol=2e-8)


def test_memories_run_through_the_fast_cells_too():
    cell = FastSlow((LSTM(3), LSTM(3)), GRU(2))
    params = params_of(cell, D)
    state = before = cell.initial_state(params, (B,))
    state, y = cell.step(params, state, XS[0])
    middle, first = LSTM(3).step(params.fast[0], before.fast, XS[0])
    slow, seen = GRU(2).step(params.slow, before.slow, first)
    fast, expected = LSTM(3).step(params.fast[1], middle, seen)
    assert_close((state, y), (FastSlowState(fast, slow), expected), atol=1e-6)


def test_each_cell_has_noise_of_its_own():
    cell = FastSlow((zoneout(GRU(3), 0.5), zoneout(GRU(3), 0.5)), GRU(2))
    params = params_of(cell, D)
    xs = noisy(cell, jax.random.key(0), params, XS)
    assert xs.noise[2] is None
    first, second = (noise.own.h for noise in xs.noise[:2])
    assert (first != second).any()
    state = cell.initial_state(params, (B,))
    _, ys = unroll.scan(cell, params, state, xs)
    _, without = unroll.scan(cell, params, state, XS)
    assert (ys != without).any()


def test_fast_cells_share_a_state():
    for others in (GRU(4), LSTM(3)):
        with pytest.raises(ValueError, match="fast cells share a state"):
            FastSlow((GRU(3), others), GRU(2)).init(jax.random.key(0), D)


@pytest.mark.parametrize("fast", [GRU(3), (GRU(3),), (GRU(3), 4), [GRU(3), GRU(3)]])
def test_there_are_two_fast_cells_or_more(fast):
    with pytest.raises(TypeError, match=r"^FastSlow takes a tuple of two fast cells or more"):
        FastSlow(fast, GRU(2))
