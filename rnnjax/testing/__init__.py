"""The laws of cells and engines, for authors of cells: `check_cell(cell)` runs them all."""

from rnnjax.testing.check import check_cell as check_cell
from rnnjax.testing.check import check_engine as check_engine
from rnnjax.testing.check import check_laws as check_laws
from rnnjax.testing.check import engines_of as engines_of

__all__ = ["check_cell", "check_engine", "check_laws", "engines_of"]
