"""Every cell obeys every law, and runs as by hand on the engines that matter most for it.

By default one or two cells of a family are asked for all of that, and those of the others that are
about a step; `--full` asks all of all.
"""

import pytest

from rnnjax import cells
from rnnjax.testing import check_engine, check_laws
from rnnjax.testing.cell_laws import RUN_LAWS, STEP_LAWS
from rnnjax.testing.contract_laws import laws_of
from rnnjax.testing.engine_laws import ENGINE_LAWS
from tests.catalogue import CELLS, REPRESENTATIVES, USUAL, VARIANTS, main, name


def test_the_catalogue_holds_every_cell():
    assert set(cells.__all__) <= {type(cell).__name__ for cell in CELLS}


@pytest.mark.parametrize("cell", [*CELLS, *VARIANTS], ids=name)
def test_a_step(cell):
    check_laws(cell, (*STEP_LAWS, *laws_of(cell)))


@pytest.mark.parametrize(
    "cell",
    [pytest.param(c, marks=() if c in USUAL else pytest.mark.full) for c in (*CELLS, *VARIANTS)],
    ids=name,
)
def test_a_run(cell):
    check_laws(cell, RUN_LAWS)
    if cell not in VARIANTS and cell not in REPRESENTATIVES:
        for engine in main(cell):
            check_engine(engine, cell, ENGINE_LAWS)
