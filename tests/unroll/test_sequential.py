"""Loops whose turns make several steps."""

import jax
import numpy as np
import pytest

from rnnjax.cells import LSTM
from rnnjax.testing.engine_laws import agrees_with_the_loop
from rnnjax.testing.engine_results import XS, EngineResults
from rnnjax.unroll import Checkpointed, Scan
from tests.laws.draws import B, params_of, state_of

CELL = LSTM(3)


@pytest.mark.parametrize("engine", [Scan(unroll=3), Checkpointed(block=6, unroll=3)], ids=repr)
def test_a_turn_of_several_steps_has_the_results_of_several_turns(engine):
    arguments = params_of(CELL), state_of(CELL, (B,)), np.asarray(XS)
    assert "unroll=3" in str(jax.make_jaxpr(lambda *a: engine(CELL, *a))(*arguments))
    agrees_with_the_loop(EngineResults(engine, CELL))
