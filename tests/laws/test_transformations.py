"""It does not matter what is done to a run: `python -m tests.laws.transformations` tries all."""

import pytest

from rnnjax import cells, unroll
from rnnjax.testing.transform_laws import TRANSFORMATIONS, check_transformation
from tests.catalogue import REPRESENTATIVES, SERVED, name
from tests.full import full

USUAL = [(unroll.deferred, cells.LSTM(3)), (unroll.linear_scan, cells.LRU(3))]
OTHERS = [pair for pair in SERVED if pair[1] in REPRESENTATIVES and pair not in USUAL]


@pytest.mark.parametrize("transformation", TRANSFORMATIONS, ids=lambda t: t.name)
@pytest.mark.parametrize("pair", [*USUAL, *map(full, OTHERS)], ids=name)
def test_transformation(pair, transformation):
    right = check_transformation(transformation, *pair)
    assert right or pair not in USUAL
