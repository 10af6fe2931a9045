import functools

import jax
import pytest

from rnnjax.cells import LSTM
from rnnjax.unroll import checkpointed, scan
from tests.laws.draws import B, assert_close, params_of, state_of
from tests.laws.engine_laws import MODES, XS, actual_results, expected_results

CELL = LSTM(3)


@pytest.mark.parametrize("engine", [scan(unroll=3), checkpointed(block=6, unroll=3)], ids=repr)
def test_a_turn_of_several_steps_has_the_results_of_several_turns(engine):
    run = functools.partial(engine, CELL)
    program = jax.make_jaxpr(run)(params_of(CELL), state_of(CELL, (B,)), XS)
    assert "unroll=3" in str(program)
    for mode, flags in enumerate(MODES):
        assert_close(actual_results(engine, CELL, XS, *flags), expected_results(CELL, mode))
