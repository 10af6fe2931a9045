"""Every cell obeys every law, and runs as by hand on the engines that matter most for it.

By default one or two cells of a family are asked for the laws of a step, and one of a contract for
those of a run; `--full` asks all of all.
"""

import pytest

from rnnjax import cells
from rnnjax.testing import check_engine, check_laws
from rnnjax.testing.cell_laws import RUN_LAWS, STEP_LAWS
from rnnjax.testing.contract_laws import laws_of
from rnnjax.testing.engine_laws import ENGINE_LAWS
from tests.catalogue import CELLS, REPRESENTATIVES, USUAL, VARIANTS, main, name
from tests.full import full


def test_the_catalogue_holds_every_cell():
    assert set(cells.__all__) <= {type(cell).__name__ for cell in CELLS}


@pytest.mark.parametrize(
    "cell", [c if c in USUAL else full(c) for c in (*CELLS, *VARIANTS)], ids=name
)
def test_a_step(cell):
    check_laws(cell, (*STEP_LAWS, *laws_of(cell)))


@pytest.mark.parametrize(
    "cell", [c if c in REPRESENTATIVES else full(c) for c in (*CELLS, *VARIANTS)], ids=name
)
def test_a_run(cell):
    check_laws(cell, RUN_LAWS)
    if cell not in VARIANTS and cell not in REPRESENTATIVES:
        for engine in main(cell):
            check_engine(engine, cell, ENGINE_LAWS)
