import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LRU, LSTM, GRUResetBefore
from rnnjax.compose import Dilated, Stack, dilated, zoneout
from tests.compose.wrapped import MASK, XS, B, D, outcome
from tests.filled import params_of
from tests.laws.draws import assert_close, assert_identical


@pytest.mark.parametrize("cell", [LSTM(3), LRU(3), GRUResetBefore(3)], ids=repr)
def test_each_phase_is_a_run_of_the_cell(cell):
    params = params_of(cell, D)
    state, ys = outcome(unroll.scan, dilated(cell, 3), params, XS, mask=None, reset=None)
    for phase in range(3):
        own, expected = outcome(unroll.scan, cell, params, XS[phase::3], mask=None, reset=None)
        assert_close(ys[phase::3], expected, atol=1e-6)
        assert_close(jax.tree.map(lambda x, k=phase: x[:, k], state), own, atol=1e-6)


def test_of_the_state_one_step_before_it_is_the_cell():
    params = params_of(LSTM(3), D)
    state, ys = outcome(unroll.scan, dilated(LSTM(3), 1), params, XS)
    own, expected = outcome(unroll.scan, LSTM(3), params, XS)
    assert_close((jax.tree.map(lambda x: x[:, 0], state), ys), (own, expected), atol=1e-6)


def test_masked_steps_are_no_turns():
    cell, mask = dilated(LSTM(3), 2), MASK[:, :1]
    params = params_of(cell, D)
    state, ys = outcome(unroll.scan, cell, params, XS, np.repeat(mask, B, axis=1), None)
    short, expected = outcome(unroll.scan, cell, params, XS[mask[:, 0]], None, None)
    assert_close((state, ys[mask[:, 0]]), (short, expected), atol=1e-6)


def test_it_has_the_parameters_of_its_cell_and_its_start_for_each_phase():
    cell = dilated(LSTM(3), 4)
    params = cell.init(jax.random.key(0), D)
    assert_identical(params, LSTM(3).init(jax.random.key(0), D))
    assert cell.initial_state(params, (B,)).c.shape == (B, 4, 3)


def test_of_a_cell_made_of_cells_each_part_is_dilated():
    assert dilated(Stack((LSTM(3), LRU(2))), 2) == Stack((Dilated(LSTM(3), 2), Dilated(LRU(2), 2)))


def test_steps_are_counted():
    with pytest.raises(ValueError, match="steps must be a whole number of 1 or more"):
        dilated(LSTM(3), 0)


def test_what_changes_states_belongs_within():
    cell = zoneout(dilated(LSTM(3), 2), 0.1)
    params = params_of(cell, D)
    with pytest.raises(TypeError, match=r"Dilated\(.*: what changes states belongs within"):
        cell.step(params, cell.initial_state(params, (B,)), XS[0])
