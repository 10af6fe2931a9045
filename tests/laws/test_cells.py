"""Every cell obeys every law."""

import pytest

from rnnjax import cells
from rnnjax.cells import LinearCell, SplitCell
from tests.catalogue import CELLS, VARIANTS, name
from tests.laws.cell_laws import CELL_LAWS, LINEAR_CELL_LAWS, SPLIT_CELL_LAWS

ALL = (*CELLS, *VARIANTS)


def test_the_catalogue_holds_every_cell():
    assert set(cells.__all__) <= {type(cell).__name__ for cell in CELLS}


@pytest.mark.parametrize("law", CELL_LAWS, ids=name)
@pytest.mark.parametrize("cell", ALL, ids=name)
def test_cell(law, cell):
    law(cell)


@pytest.mark.parametrize("law", SPLIT_CELL_LAWS, ids=name)
@pytest.mark.parametrize("cell", [c for c in ALL if isinstance(c, SplitCell)], ids=name)
def test_split_cell(law, cell):
    law(cell)


@pytest.mark.parametrize("law", LINEAR_CELL_LAWS, ids=name)
@pytest.mark.parametrize("cell", [c for c in ALL if isinstance(c, LinearCell)], ids=name)
def test_linear_cell(law, cell):
    law(cell)
