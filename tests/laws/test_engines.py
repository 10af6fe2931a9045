"""Every engine obeys every law with every cell that it serves, and refuses the others."""

import pytest

from rnnjax import unroll
from tests.catalogue import ENGINES, REFUSED, SERVED, name
from tests.laws.engine_laws import (
    ENGINE_LAWS,
    FLAG_LAWS,
    refuses_cells_it_does_not_serve,
    remembers_less_than_scan,
)


def test_the_catalogue_holds_every_engine():
    names = {name(engine).partition("(")[0] for engine in ENGINES}
    assert set(unroll.__all__) - {"auto"} == names


@pytest.mark.parametrize("law", ENGINE_LAWS, ids=name)
@pytest.mark.parametrize("served", SERVED, ids=name)
def test_engine(law, served):
    law(*served)


@pytest.mark.parametrize("law", FLAG_LAWS, ids=name)
@pytest.mark.parametrize("engine", ENGINES, ids=name)
def test_flags_of_an_engine(law, engine):
    law(engine, next(cell for other, cell in SERVED if other is engine))


@pytest.mark.parametrize(("engine", "cell"), REFUSED, ids=name)
def test_an_engine_refuses_other_cells_by_the_contract_they_lack(engine, cell):
    refuses_cells_it_does_not_serve(engine, cell, ENGINES[engine])


@pytest.mark.parametrize("engine", [unroll.checkpointed(), unroll.deferred], ids=name)
def test_an_engine_that_runs_in_blocks_remembers_less_than_scan(engine):
    remembers_less_than_scan(engine, factor=4)
