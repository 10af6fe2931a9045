"""Cells made of cells, and cells by their text."""

from rnnjax.compose.base import Composite as Composite
from rnnjax.compose.learned_start import (
    LearnedStartCell,
    LearnedStartLinearCell,
    LearnedStartSplitCell,
    learned_start,
)
from rnnjax.compose.mixed_precision import (
    MixedCell,
    MixedLinearCell,
    MixedSplitCell,
    mixed_precision,
)
from rnnjax.compose.reading import read_cell as read_cell
from rnnjax.compose.residual import Residual
from rnnjax.compose.stack import Stack

__all__ = [
    "LearnedStartCell",
    "LearnedStartLinearCell",
    "LearnedStartSplitCell",
    "MixedCell",
    "MixedLinearCell",
    "MixedSplitCell",
    "Residual",
    "Stack",
    "learned_start",
    "mixed_precision",
]
