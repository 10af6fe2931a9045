"""Every engine obeys every law with the cells that it serves, and refuses the others.

All laws are asked of three engines with one cell each; `--full` asks them of all pairs.
"""

import pytest

from rnnjax import cells, unroll
from rnnjax.compose import Composite
from rnnjax.testing import check_engine
from rnnjax.testing.call_laws import CALL_LAWS, ONCE_LAWS
from rnnjax.testing.check import ENGINES as CHECKED
from rnnjax.testing.engine_laws import ENGINE_LAWS, lets_nothing_through_a_reset
from tests.catalogue import CELLS, ENGINES, REFUSED, REPRESENTATIVES, SERVED, name, serves
from tests.full import full
from tests.laws.call_refusals import (
    refuses_cells_it_does_not_serve,
    refuses_masks_that_do_not_fit,
    remembers_less_than_scan,
)

CHOSEN = [pair for pair in SERVED if pair[1] in REPRESENTATIVES]
OTHERS = [pair for pair in SERVED if pair[1] not in REPRESENTATIVES]
# The loop and the two that train: what the others are for, they have tests of their own of.
USUAL = [(unroll.scan, cells.LRU(3)), (unroll.deferred, cells.LSTM(3))]
USUAL += [(unroll.linear_scan, cells.LRU(3))]


def test_the_catalogue_holds_every_engine():
    names = {engine.name for engine in ENGINES}
    assert set(unroll.__all__) - {"auto"} == names == {engine.name for engine in CHECKED}


@pytest.mark.parametrize("engine", ENGINES, ids=name)
def test_an_engine_says_which_cells_it_serves(engine):
    assert [c for c in CELLS if engine.serves(c)] == [
        c for c in CELLS if serves(ENGINES[engine], c)
    ]


@pytest.mark.parametrize(
    "pair", [pair if pair in USUAL else full(pair) for pair in CHOSEN], ids=name
)
def test_engine(pair):
    engine, cell = pair
    once = () if isinstance(cell, Composite) else ONCE_LAWS  # which is of no contract of its own
    check_engine(engine, cell, (*ENGINE_LAWS, *CALL_LAWS, *once))


@pytest.mark.parametrize("engine", ENGINES, ids=name)
def test_a_reset_parts_sequences_for_good(engine):
    cell = next(cell for cell in (cells.MinGRU(3), cells.LSTM(3)) if engine.serves(cell))
    check_engine(engine, cell, (lets_nothing_through_a_reset,))


@pytest.mark.full
@pytest.mark.parametrize("pair", OTHERS, ids=name)
def test_every_pair(pair):
    check_engine(*pair)


@pytest.mark.parametrize("engine", ENGINES, ids=name)
def test_an_engine_refuses_masks_that_do_not_fit(engine):
    refuses_masks_that_do_not_fit(engine, next(cell for other, cell in SERVED if other is engine))


@pytest.mark.parametrize("engine", ENGINES, ids=name)
def test_an_engine_refuses_other_cells_by_the_contract_they_lack(engine, request):
    refused = [cell for other, cell in REFUSED if other is engine]
    for cell in refused if request.config.getoption("--full") else refused[:2]:
        refuses_cells_it_does_not_serve(engine, cell, ENGINES[engine])


@pytest.mark.parametrize("engine", [unroll.checkpointed, unroll.Deferred(chunk=28)], ids=name)
def test_an_engine_that_runs_in_blocks_remembers_less_than_scan(engine):
    remembers_less_than_scan(engine, factor=4)
