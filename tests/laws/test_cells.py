"""Every cell obeys every law, and runs as by hand on the engines that matter most for it."""

import pytest

from rnnjax import cells
from rnnjax.testing import check_engine, check_laws
from rnnjax.testing.engine_laws import ENGINE_LAWS
from tests.catalogue import CELLS, REPRESENTATIVES, VARIANTS, main, name


def test_the_catalogue_holds_every_cell():
    assert set(cells.__all__) <= {type(cell).__name__ for cell in CELLS}


@pytest.mark.parametrize("cell", [*CELLS, *VARIANTS], ids=name)
def test_cell(cell):
    check_laws(cell)
    if cell not in VARIANTS and cell not in REPRESENTATIVES:
        for engine in main(cell):
            check_engine(engine, cell, ENGINE_LAWS)
