"""Real-time recurrent learning has the gradient of backpropagation, for every cell."""

import pytest

from rnnjax import cells, learning, unroll
from tests.catalogue import CELLS, REPRESENTATIVES, VARIANTS, name
from tests.full import full
from tests.laws.draws import assert_close
from tests.learning.runs import distance, gradient

ROUNDING = 1e-9
# Complex states, whole numbers in a state, cells made of cells, chance, a derived matrix.
USUAL = [
    *REPRESENTATIVES,
    *(c for c in CELLS if type(c).__name__ in ["ClockworkRNN", "ExpRNN", "Zoneout"]),
]
OTHERS = [cell for cell in (*CELLS, *VARIANTS) if cell not in USUAL]


@pytest.mark.parametrize("cell", [*USUAL, *map(full, OTHERS)], ids=name)
def test_gradients_are_those_of_backpropagation(cell, x64):
    """Of parameters and of the state before, with masks and resets; values are the same."""
    wanted, values = gradient(unroll.scan, cell)
    found, made = gradient(learning.RTRL(), cell)
    assert_close(made, values, 1e-12, 1e-12)
    assert distance(found, wanted) < ROUNDING


class Forgetful(learning.RTRL):
    """A rule that is wrong: what a reset leaves behind still counts."""

    def advance(self, step, memory, noise):
        return super().advance(step._replace(inputs=(*step.inputs[:2], None)), memory, noise)


@pytest.mark.parametrize("rule", [Forgetful(), learning.SnAp(1)], ids=name)
def test_the_law_bites(rule, x64):
    wanted, _ = gradient(unroll.scan, cells.LSTM(3))
    found, _ = gradient(rule, cells.LSTM(3))
    assert distance(found, wanted) > 1e-3
